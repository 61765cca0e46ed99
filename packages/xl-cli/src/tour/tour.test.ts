import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../cli/commands/index.js';
import { type RecordedScene, tourPage, typedIn, withScenes } from './page.js';
import { type Recorded, record } from './record.js';
import { SCENES, type Step } from './scenes.js';
import { openStage, type Stage } from './stage.js';
import { HAS_TERMINAL, seenInTerminal } from './terminal.js';

const PAGE = new URL('../../docs/tour.md', import.meta.url);
const README = new URL('../../README.md', import.meta.url);
const UPDATE = process.env.UPDATE_DOCS === '1';

const lines = SCENES.flatMap(({ steps }) => steps.map((step) => step.typed.replaceAll('{PORT}', '8002')));

/** A step that this machine can't do is left out, and said to be. */
const possible = ({ terminal }: Step) => terminal === undefined || HAS_TERMINAL;
if (!HAS_TERMINAL) console.warn('skipped: the steps of the tour in a terminal (no script(1) of util-linux)');

async function play(stage: Stage): Promise<RecordedScene[]> {
  const played: RecordedScene[] = [];
  for (const scene of SCENES) {
    const steps: Recorded[] = [];
    for (const step of scene.steps.filter(possible)) steps.push(await record(step, stage));
    played.push({ scene, steps: steps.map((step) => ({ ...step, typed: stage.shown(stage.typed(step.typed)) })) });
  }
  return played;
}

describe('the tour', () => {
  it('goes through, step by step (UPDATE_DOCS=1 writes docs/tour.md and what the README shows)', {
    timeout: 300_000,
  }, async () => {
    const stage = await openStage();
    try {
      const played = await play(stage);
      if (UPDATE) {
        writeFileSync(PAGE, tourPage(played));
        writeFileSync(README, withScenes(readFileSync(README, 'utf8'), played));
      }
    } finally {
      await stage.close();
    }
  });

  it('is what docs/tour.md shows', () => {
    expect(typedIn(readFileSync(PAGE, 'utf8'))).toEqual(lines);
  });

  it('is what the README shows of it', () => {
    const page = readFileSync(PAGE, 'utf8');
    const shown = readFileSync(README, 'utf8').matchAll(/<!-- recorded: .* -->\n([\s\S]*?)<!-- end -->/g);
    const blocks = [...shown].map(([, block]) => block ?? '');
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(page).toContain(block);
  });

  it.each(Object.keys(COMMANDS))('shows xl %s', (name) => {
    expect(lines.some((line) => new RegExp(`\\bxl (-\\S+ )*${name}\\b`).test(line))).toBe(true);
  });
});

describe('what was seen in a terminal', () => {
  it('is the last screen, and some states of a line', () => {
    expect(seenInTerminal('\x1b[?1049h\x1b[Hone\x1b[K\r\n\x1b[J\x1b[Htwo\x1b[K\r\n\x1b[J')).toBe('two\n');
    const drawn = Array.from({ length: 50 }, (_, i) => `\r${i}% `).join('');
    expect(seenInTerminal(`\x1b[31mred\x1b[39m\r\n${drawn}\r    \rdone\r\n`)).toBe(
      'red\n0%\n10%\n20%\n30%\n40%\ndone\n',
    );
  });
});
