import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Context, GlobalOptions } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

/** Where Xen's packages put their xl, beside what PATH names. */
const USUAL_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin'];

/**
 * Has Xen's own xl carry out `xl create` with the words that this one was given, on the same terminal, and says so.
 *
 * @returns its exit code
 * @throws ExitError where there is none
 */
export async function createByInstalledXl(
  context: Context,
  words: readonly string[],
  { quiet }: { readonly quiet: boolean },
): Promise<number> {
  const xl = findInstalledXl([...(process.env.PATH ?? '').split(delimiter), ...USUAL_FOLDERS]);
  if (xl === undefined) {
    throw new ExitError(EXIT.failure, "xl: on a Xen host the guest is built by Xen's own xl, and none is installed\n");
  }
  if (!quiet) context.err(`xl: notice: Xen's own ${xl} builds the guest\n`);
  return runInPlace(xl, [...globalWords(context.globals), 'create', ...words], context.signal);
}

/** The first xl in these folders that is not a script for Node, as this one is. */
export function findInstalledXl(folders: readonly string[]): string | undefined {
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'xl'))
    .find((path) => isExecutable(path) && !isNodeScript(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Also what a package manager makes of ours: a shell script that calls Node. */
function isNodeScript(path: string): boolean {
  const start = Buffer.alloc(4096);
  const fd = openSync(path, 'r');
  try {
    const text = start.toString('latin1', 0, readSync(fd, start));
    return text.startsWith('#!') && /\bnode\b/.test(text);
  } finally {
    closeSync(fd);
  }
}

function globalWords({ verbosity, force, carriageReturn, timestamps }: GlobalOptions): string[] {
  return [
    ...Array.from({ length: verbosity }, () => '-v'),
    ...(force ? ['-f'] : []),
    ...(carriageReturn ? ['-t'] : []),
    ...(timestamps ? ['-T'] : []),
  ];
}

function runInPlace(command: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit' });
  const interrupt = () => child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve(code ?? 128 + (by === null ? 0 : os.signals[by])));
  }).finally(() => signal.removeEventListener('abort', interrupt));
}
