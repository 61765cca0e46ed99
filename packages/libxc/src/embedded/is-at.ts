import { fstatSync, statSync } from 'node:fs';

/** Whether the open file is still the one that has this name: it may have been removed, and another made. */
export function isAt(fd: number, path: string): boolean {
  try {
    return statSync(path).ino === fstatSync(fd).ino;
  } catch {
    return false;
  }
}
