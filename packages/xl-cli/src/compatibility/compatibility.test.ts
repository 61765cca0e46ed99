import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../cli/commands/index.js';
import { judgeCommand } from './commands.js';
import { compatibilityPage } from './page.js';
import { listedCommands, offeredOptions } from './stock-help.js';

const TESTDATA = new URL('../../testdata/', import.meta.url);
/** Configurations are libxl's matter. */
const CONFIGURATIONS = new URL('../../../libxl/testdata/', import.meta.url);
const PAGE = new URL('../../docs/compatibility.md', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, TESTDATA), 'utf8');

const stockCommands = listedCommands(read('xl-help/all-commands.txt'));
const specs = await Promise.all(Object.values(COMMANDS).map(async (load) => (await load()).spec));
const specOf = (name: string) => specs.find((spec) => spec.name === name);

/** These files hold the command's output, not its help. */
const OUTPUTS = new Set(['list', 'vcpu-list']);
const helpTexts = new Map(
  stockCommands
    .filter((name) => !OUTPUTS.has(name))
    .flatMap((name) => {
      const file = `xl-help/${name}.txt`;
      return readdirSync(new URL('xl-help/', TESTDATA)).includes(`${name}.txt`) ? [[name, read(file)] as const] : [];
    }),
);

describe('the table of compatibility', () => {
  it("judges every command of stock's", () => {
    expect(stockCommands.length).toBeGreaterThan(75);
    for (const name of stockCommands) {
      const judgement = judgeCommand(name);
      expect(judgement, name).toBeDefined();
      expect(judgement?.verdict === 'absent', name).toBe(specOf(name) === undefined);
      if (judgement?.verdict !== 'same') expect(judgement?.why, name).toBeTruthy();
    }
  });

  it.each(specs.map((spec) => [spec.name, spec] as const))("judges every option of stock's %s", (name, spec) => {
    const judged = judgeCommand(name)?.options ?? {};
    const names = new Set(Object.keys(judged).flatMap((key) => key.split(', ')));
    for (const option of offeredOptions(helpTexts.get(name) ?? '')) {
      if (option !== '-h') expect(names, `${name} ${option}`).toContain(option);
    }
    const ours = Object.values(spec.options);
    for (const [key, { verdict, why }] of Object.entries(judged)) {
      if (verdict !== 'same') expect(why, `${name} ${key}`).toBeTruthy();
      // What is absent may be known in order to be refused.
      if (verdict === 'absent') continue;
      for (const option of key.split(', ')) {
        const known = ours.some(({ short, long }) => option === `-${short}` || option === `--${long}`);
        expect(known, `${name} ${option}`).toBe(true);
      }
    }
  });

  it('is docs/compatibility.md (UPDATE_DOCS=1 writes it)', () => {
    const answers = JSON.parse(read('xl-commands/answers.json'));
    const given = readdirSync(new URL('xl-cfg/', CONFIGURATIONS)).filter((file) => file.endsWith('.cfg'));
    const lab = JSON.parse(readFileSync(new URL('xl-cfg-lab/answers.json', CONFIGURATIONS), 'utf8'));
    const text = compatibilityPage({
      stockCommands,
      answers: answers.host.length + answers.guest.length,
      configurations: given.length + lab.length,
    });
    if (process.env.UPDATE_DOCS === '1') writeFileSync(PAGE, text);
    expect(readFileSync(PAGE, 'utf8')).toBe(text);
  });
});
