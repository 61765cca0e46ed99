import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readlinkSync, rmSync, statfsSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { HOST_FILES } from '../directory.js';

const TMPFS = 0x0102_1994;
const SHARED_MEMORY = '/dev/shm';

/**
 * Where the file of machine memory lies: in the host's directory where that is in memory (tmpfs), else in /dev/shm with
 * a link to it in the directory, so that guest memory is not written to a disk.
 */
export function placeMemory(directory: string): string {
  const link = join(directory, HOST_FILES.memory);
  if (isTmpfs(directory) || !isUsable(SHARED_MEMORY)) return link;
  const name = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 16);
  const path = join(SHARED_MEMORY, `xen-embedded-memory-${process.getuid?.() ?? 0}-${name}`);
  rmSync(link, { force: true });
  // Of a host whose directory was removed, and which may still be alive: it keeps its file, without the name.
  rmSync(path, { force: true });
  symlinkSync(path, link);
  return path;
}

/** Removes the file and the link. */
export function removeMemory(directory: string): void {
  const link = join(directory, HOST_FILES.memory);
  const target = readLink(link);
  if (target?.startsWith(join(SHARED_MEMORY, 'xen-embedded-memory-'))) rmSync(target, { force: true });
  rmSync(link, { force: true });
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function isTmpfs(directory: string): boolean {
  return process.platform === 'linux' && statfsSync(directory).type === TMPFS;
}

function isUsable(directory: string): boolean {
  if (!existsSync(directory) || !isTmpfs(directory)) return false;
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
