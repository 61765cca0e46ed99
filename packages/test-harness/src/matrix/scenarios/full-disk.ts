import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { MatrixHost } from '../host/matrix-host.js';
import type { RunningCommand } from '../host/run-command.js';
import type { Trial } from '../trial.js';

/** A file system of its own, too small for a guest, needs a mount namespace: a root's, or one of a user of its own. */
const NAMESPACES = [['-m'], ['-U', '-r', '-m']] as const;
const SIZE_MIB = 4;

let found: readonly string[] | undefined | null = null;

function namespace(): readonly string[] | undefined {
  if (found === null) {
    found = NAMESPACES.find((words) => {
      const mount = ['sh', '-c', 'mount -t tmpfs none /mnt'];
      return spawnSync('unshare', [...words, ...mount], { stdio: 'ignore' }).status === 0;
    });
  }
  return found;
}

/** Why no disk can be full here. */
export function lacksNamespaces(): string | undefined {
  return namespace() === undefined ? 'this user may not mount a small file system of its own (unshare)' : undefined;
}

/** Starts `xl` where the folder that it is told is a disk of 4 MiB. */
export function onSmallDisk(
  trial: Trial,
  host: MatrixHost,
  argsOf: (folder: string) => readonly string[],
): RunningCommand {
  const folder = trial.file('small-disk');
  mkdirSync(folder, { recursive: true });
  const args = argsOf(folder);
  trial.log(`$ xl ${args.join(' ')}   [${host.name}; ${folder} is a disk of ${SIZE_MIB} MiB]`);
  const script = `mount -t tmpfs -o size=${SIZE_MIB}m none "$1" && shift && exec "$@"; exit 99`;
  const words = ['unshare', ...(namespace() ?? []), 'sh', '-c', script, 'sh', folder];
  return trial.started([...words, process.execPath, trial.packages.xl, ...args], { env: trial.environment(host) });
}
