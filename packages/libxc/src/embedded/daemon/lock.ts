import { closeSync, openSync, rmSync } from 'node:fs';
import { libc } from '../../native/libc.js';
import { isAt } from '../is-at.js';

/** The right to be the one daemon of a directory. The system drops it when the process dies. */
export interface HostLock {
  /** False once the file has lost its name: the directory is gone, or another daemon's. */
  isHeld(): boolean;
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
        isHeld: () => isAt(fd, path),
        release() {
          if (isAt(fd, path)) rmSync(path, { force: true });
          closeSync(fd);
        },
      };
    }
    closeSync(fd);
  }
}
