import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import type { Command } from '../link/plan.js';

export interface LinkSpeedOptions {
  /** Runs `xl migrate-receive --sink` at the target (sinkBytes), or sh with SINK_SCRIPT. */
  readonly command: Command;
  /** Default: half a second. */
  readonly overMs?: number;
  readonly signal?: AbortSignal;
}

const BLOCK = 256 * 1024;
const DEFAULT_MS = 500;
const MOST_BYTES = 1024 ** 3;
const TIMEOUT_MS = 30_000;

/** For sh at a target that has no sinkBytes: the same, with the tools of POSIX. */
export const SINK_SCRIPT = 'echo ready; dd bs=1 count=1 >/dev/null 2>&1; echo first; rest=$(wc -c); echo $((rest + 1))';

export interface LinkSpeed {
  readonly bytesPerSecond: number;
  readonly roundTripMs: number;
}

/** What a connection to the target carries; undefined where it can't be measured. */
export async function measureLink({
  command,
  overMs = DEFAULT_MS,
  signal,
}: LinkSpeedOptions): Promise<LinkSpeed | undefined> {
  const child = spawn(command.command, command.args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const failed = new Promise<undefined>((resolve) => child.once('error', () => resolve(undefined)));
  child.stdin.on('error', () => {});
  return Promise.race([failed, send(child.stdin, child.stdout, overMs)]);
}

/** The target says when it is there, that the first bytes have come and, at the end, that all have. */
async function send(stdin: Writable, stdout: Readable, overMs: number): Promise<LinkSpeed | undefined> {
  const lines = stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
  if ((await lines.next()).done === true) return undefined;
  const asked = performance.now();
  stdin.write('?');
  if ((await lines.next()).done === true) return undefined;
  const roundTripMs = performance.now() - asked;
  // Not zeros: what compresses on the way would tell nothing of a guest's memory.
  const block = randomBytes(BLOCK);
  const start = performance.now();
  let bytes = 1;
  while (performance.now() - start < overMs && bytes < MOST_BYTES && !stdin.destroyed) {
    bytes += block.length;
    await new Promise((resolve) => stdin.write(block, resolve));
  }
  stdin.end();
  const { value, done } = await lines.next();
  if (done === true || Number(value) !== bytes) return undefined;
  return { bytesPerSecond: (bytes * 1000) / (performance.now() - start), roundTripMs };
}

/** The other end of measureLink: says that it is there and that something came, reads all, and says how much it was. */
export async function sinkBytes(input: Readable, answer: (line: string) => void): Promise<void> {
  answer('ready\n');
  let bytes = 0;
  for await (const chunk of input) {
    if (bytes === 0) answer('first\n');
    bytes += (chunk as Buffer).length;
  }
  answer(`${bytes}\n`);
}
