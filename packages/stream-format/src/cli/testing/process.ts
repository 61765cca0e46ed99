import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Run } from './run.js';

/** The built command, as a user starts it. */
export const BIN = fileURLToPath(new URL('../../../bin/xen-stream.js', import.meta.url));

export interface ProcessRun extends Run {
  readonly signal: NodeJS.Signals | null;
}

/** Runs a shell's command line in which $XEN_STREAM is the built command. */
export async function shell(line: string, options: SpawnOptions = {}): Promise<ProcessRun> {
  const env = { ...process.env, ...options.env, XEN_STREAM: `${process.execPath} ${BIN}` };
  const child = spawn('bash', ['-c', line], { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    parts.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    parts.err += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code: code ?? -1, signal, ...parts };
}
