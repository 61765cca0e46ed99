import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

export interface CommandResult {
  /** null: ended by a signal. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly result: Promise<CommandResult>;
}

export interface CommandSettings {
  readonly env: NodeJS.ProcessEnv;
  /** Where its standard output goes instead of being kept: a descriptor, or 'unread' for a pipe that nobody reads. */
  readonly stdout?: number | 'unread';
  readonly stdin?: number | 'pipe';
  /** Called with each part of its standard output. */
  readonly onOutput?: (text: string) => void;
  /** Said to have failed to end after so long, and killed. */
  readonly timeoutMs?: number;
}

/** A command of the packages must never take so long. */
const TIMEOUT_MS = 180_000;

/** Starts a program of Node's. */
export function startCommand(words: readonly string[], settings: CommandSettings): RunningCommand {
  const [program = '', ...args] = words;
  const { env, stdout, stdin, onOutput, timeoutMs = TIMEOUT_MS } = settings;
  const child = spawn(program, args, {
    env,
    stdio: [stdin ?? 'ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  if (stdout !== 'unread') {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
      onOutput?.(text);
    });
  }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  // It may end without having read what it was given.
  (child.stdin as Writable | null)?.on('error', () => {});
  const timer = setTimeout(() => {
    said.stderr += `\n[killed: it has not ended within ${timeoutMs / 1000} s]`;
    child.kill('SIGKILL');
  }, timeoutMs);
  const result = ended(child).then(({ code, signal }) => ({ code, signal, ...said }));
  return { process: child, result: result.finally(() => clearTimeout(timer)) };
}

/** Resolves when it has ended and all that it said was heard; its own children may go on saying things to nobody. */
async function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 200))]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { code, signal };
}
