import { closeSync, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { libc } from '../native/libc.js';

/** The right to be the one daemon of a directory. The system drops it when the process dies. */
export interface HostLock {
  /** Gives it up, and removes the file. */
  release(): void;
}

/** @returns undefined when another process has it */
export function takeHostLock(path: string): HostLock | undefined {
  for (;;) {
    const fd = openSync(path, 'a', 0o600);
    if (!libc().tryLock(fd)) {
      closeSync(fd);
      return undefined;
    }
    // Whoever had it may have removed the file in between: a lock on a file without a name keeps nobody out.
    if (isAt(fd, path)) {
      return {
        release() {
          rmSync(path, { force: true });
          closeSync(fd);
        },
      };
    }
    closeSync(fd);
  }
}

function isAt(fd: number, path: string): boolean {
  try {
    return statSync(path).ino === fstatSync(fd).ino;
  } catch {
    return false;
  }
}
