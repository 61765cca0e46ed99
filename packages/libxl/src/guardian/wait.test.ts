import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeLine, type OwnerMessage, type Plan } from './plan.js';
import { waitThenRun } from './wait.js';

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Tells with which arguments it was started, and what was left to be read. */
const TELLS = `
  let rest = '';
  process.stdin.on('data', (text) => (rest += text));
  process.stdin.on('end', () => console.log(JSON.stringify({ lines: process.argv.slice(1), rest })));`;

/** What is told by the program that takes the shell's place; `undefined`: none did. */
async function told(...parts: readonly (string | NodeJS.Signals)[]): Promise<unknown> {
  const child = spawn('/bin/sh', waitThenRun([process.execPath, '-e', TELLS, '--']));
  children.push(child);
  let out = '';
  let problems = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (problems += String(chunk)));
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  for (const part of parts) {
    if (part.startsWith('SIG')) {
      await sleep(100);
      child.kill(part as NodeJS.Signals);
    } else child.stdin.write(part);
  }
  child.stdin.end();
  expect([await ended, problems]).toEqual([0, '']);
  return out === '' ? undefined : JSON.parse(out);
}

const plan = (path: string): OwnerMessage => ({ kind: 'plan', plan: [{ do: 'remove-file', path }] satisfies Plan });
const line = (message: OwnerMessage) => encodeLine(message).trimEnd();
const FIRST = plan('/tmp/a');
/** Of what a shell could take for its own. */
const LAST = plan('/tmp/$(date) `date` \\n \'"* 100 %');
const DISMISSED: OwnerMessage = { kind: 'plan', plan: [] };
const BANNER: OwnerMessage = { kind: 'expect', message: 'banner' };

describe('a guardian that waits', () => {
  it('ends with an operation that ended well, and with one that had no plan', async () => {
    expect(await told(encodeLine(FIRST), encodeLine(DISMISSED))).toBeUndefined();
    expect(await told()).toBeUndefined();
  });

  it('runs with the last plan once its owner is gone', async () => {
    expect(await told(encodeLine(FIRST), encodeLine(LAST))).toEqual({ lines: [line(LAST)], rest: '' });
  });

  it('takes no half message', async () => {
    const half = encodeLine(DISMISSED).slice(0, -1);
    expect(await told(encodeLine(FIRST), half)).toEqual({ lines: [line(FIRST)], rest: '' });
  });

  it('runs for what is more than a plan, and leaves unread what comes behind', async () => {
    const behind = encodeLine(LAST) + encodeLine(DISMISSED);
    expect(await told(encodeLine(FIRST), encodeLine(BANNER), behind)).toEqual({
      lines: [line(FIRST), line(BANNER)],
      rest: behind,
    });
    expect(await told(encodeLine(BANNER))).toEqual({ lines: ['', line(BANNER)], rest: '' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('outlives %s', async (signal) => {
    expect(await told(encodeLine(FIRST), signal, encodeLine(LAST))).toEqual({ lines: [line(LAST)], rest: '' });
  });
});
