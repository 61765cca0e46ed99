import { openSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from './open-host.js';

/** Some thousand lines: a log is about the last days, and never fills a disk. */
const MOST_BYTES = 256 * 1024;

/**
 * Opens a log of a host's helpers to be written at its end, mode 0600. One that has become long is kept beside it, as
 * NAME.old, until the next one has; what is older goes. Processes that write to it go on writing to the one that they have.
 */
export function openLogFile({ stateDirectory }: Host, name: string): number {
  const path = join(stateDirectory, name);
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MOST_BYTES) {
    try {
      renameSync(path, `${path}.old`);
    } catch {
      // Another process has just done so.
    }
  }
  return openSync(path, 'a', 0o600);
}
