import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readSync } from 'node:fs';
import { constants as os } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where Xen's packages put their xl, beside what PATH names. */
const USUAL_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin'];

/** Xen's own xl, on PATH or where Xen's packages put it; undefined where there is none. */
export function installedXl(): string | undefined {
  return findInstalledXl([...(process.env.PATH ?? '').split(delimiter), ...USUAL_FOLDERS]);
}

/** Runs Xen's own xl on the terminal of this process; the signal interrupts it. @returns its exit code */
export function runInstalledXl(path: string, args: readonly string[], signal: AbortSignal): Promise<number> {
  const child = spawn(path, args, { stdio: 'inherit' });
  const interrupt = () => child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, by) => resolve(code ?? 128 + (by === null ? 0 : os.signals[by])));
  }).finally(() => signal.removeEventListener('abort', interrupt));
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
