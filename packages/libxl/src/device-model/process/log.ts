import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL = 2048;

/** The last words of a log, for an error message; empty where there are none. */
export function lastWords(path: string, lines = 2): string {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(TAIL);
    const got = readSync(fd, buffer, 0, TAIL, Math.max(0, fstatSync(fd).size - TAIL));
    const text = buffer.toString('utf8', 0, got).trim();
    return text.split('\n').slice(-lines).join('; ');
  } finally {
    closeSync(fd);
  }
}
