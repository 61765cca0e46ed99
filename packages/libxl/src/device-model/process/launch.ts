import { spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { LibxlError } from '../../errors.js';
import { identityOf, type ProcessIdentity } from './identity.js';
import { lastWords } from './log.js';

export interface LaunchOptions {
  readonly binary: string;
  readonly arguments: readonly string[];
  readonly directory: string;
  /** Its standard output and error; begun anew. */
  readonly log: string;
  /** Handed to it as descriptor 3. */
  readonly descriptor?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Awaited before it begins: from then on it can be found and ended, whatever becomes of this process. */
  readonly record: (identity: ProcessIdentity) => Promise<void>;
}

export interface LaunchedProcess {
  readonly identity: ProcessIdentity;
  /** Resolves when it has ended, with how and with its last words. */
  readonly ended: Promise<string>;
  /** It goes on by itself: this process may end. */
  detach(): void;
}

/** Descriptor of `descriptor` in the process. */
export const LAUNCH_FD = 3;

/**
 * The shell waits for a word, and becomes the program; where its starter dies before, it ends. What the program makes, its
 * sockets above all, is for its own user, whatever umask libxl was called with.
 */
const GATE = 'umask 077 && read -r go && exec "$0" "$@" </dev/null';

/**
 * Starts a process that outlives this one, in a session of its own. There is no moment at which it runs and is not
 * recorded.
 *
 * @throws LibxlError ERROR_FAIL where it can't be started, and what `record` rejects with; no process is left then
 */
export async function launch(options: LaunchOptions): Promise<LaunchedProcess> {
  const log = openLog(options.log);
  const child = spawn('/bin/sh', ['-c', GATE, options.binary, ...options.arguments], {
    cwd: options.directory,
    detached: true,
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', log, log, options.descriptor ?? 'ignore'],
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (e) => resolve(`could not be started: ${e.message}`));
    child.once('exit', (code, signal) => resolve(howEnded(code, signal, options.log)));
  });
  const { pid, stdin } = child;
  if (pid === undefined || stdin === null) throw new LibxlError('ERROR_FAIL', `${options.binary} ${await ended}`);
  // The process may be gone before it has read the word; `ended` tells.
  stdin.on('error', () => {});
  const identity = identityOf(pid);
  try {
    await options.record(identity);
  } catch (e) {
    stdin.end();
    await ended;
    throw e;
  }
  stdin.end('go\n');
  return { identity, ended, detach: () => child.unref() };
}

function openLog(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND, 0o600);
}

function howEnded(code: number | null, signal: NodeJS.Signals | null, log: string): string {
  const words = lastWords(log);
  return `${signal === null ? `ended with status ${code}` : `was killed by ${signal}`}${words === '' ? '' : `: ${words}`}`;
}
