import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from './scenes.js';
import type { Stage } from './stage.js';
import { seenInTerminal, spawnInTerminal } from './terminal.js';

/** What was typed and what came of it. */
export interface Recorded {
  readonly typed: string;
  readonly printed: string;
  readonly status: number;
}

const PATIENCE_MS = 30_000;
const AGAIN_MS = 300;

/** Types a step's line. @throws Error where something else comes of it than must come */
export async function record(step: Step, stage: Stage): Promise<Recorded> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const { printed, status } = await type(step, stage);
    const { typed, shows = /^/, patient } = step;
    if (status === (step.status ?? 0) && shows.test(printed)) return { typed, printed: stage.shown(printed), status };
    if (patient !== true || Date.now() > end) {
      throw new Error(`'${typed}' ended with ${status}, and does not show ${shows}:\n${printed}`);
    }
    await sleep(AGAIN_MS);
  }
}

async function type(step: Step, stage: Stage): Promise<{ printed: string; status: number }> {
  const { env, cwd } = stage;
  const line = stage.typed(step.typed);
  if (step.terminal !== undefined) {
    const child = spawnInTerminal(line, { env, cwd });
    return heard(child, step);
  }
  return heard(spawn('bash', ['-c', `exec 2>&1; ${line}`], { env, cwd, stdio: ['ignore', 'pipe', 'inherit'] }), step);
}

/** All that a command prints; the step's keys are typed meanwhile. */
function heard(child: ChildProcess, { terminal }: Step): Promise<{ printed: string; status: number }> {
  const waiting = [...(terminal ?? [])];
  let raw = '';
  child.stdin?.on('error', () => {});
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    raw += text;
    if (waiting[0]?.after.test(raw) === true) child.stdin?.write(waiting.shift()?.keys ?? '');
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ printed: terminal === undefined ? raw : seenInTerminal(raw), status: code ?? 128 }),
    );
  });
}
