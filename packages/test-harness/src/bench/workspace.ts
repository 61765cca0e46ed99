import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { freemem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { type Row, skippedRow } from './table.js';

const MIB = 2 ** 20;

/** A folder in memory for one benchmark, gone at its end: disks would be measured otherwise. */
export async function inMemory<T>(name: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(memoryFolder(), `bench-${name}-`));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function memoryFolder(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
}

/** What fits into memory besides what runs here, in MiB. */
export function spareMib(): number {
  const { bavail, bsize } = statfsSync(memoryFolder());
  return Math.min(freemem() / MIB, (bavail * bsize) / MIB);
}

/** Measures a size where there is memory for it; otherwise a row says that there is not. */
export async function whereItFits(
  what: string,
  sizeMib: number,
  neededMib: number,
  measure: () => Promise<Row[]>,
): Promise<Row[]> {
  const spare = spareMib();
  return neededMib > spare ? [skippedRow(what, sizeMib, neededMib, spare)] : measure();
}

const require = createRequire(import.meta.url);

/** A command of a package that stands beside this one, as it is built or installed. */
function command(name: string, bin: string): string[] {
  return [process.execPath, join(dirname(require.resolve(`@xen-migration/${name}/package.json`)), bin)];
}

export const XL = command('xl-cli', 'bin/xl.js');
export const XEN_STREAM = command('stream-format', 'bin/xen-stream.js');
export const CONVERT_LEGACY = command('convert-legacy', 'bin/convert-legacy-stream.js');

/** Words for sh, so that a peer's output can be thrown away as a person would. */
export const shell = (text: string): string[] => ['sh', '-c', text];
