import { rmSync } from 'node:fs';
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file that appears under its name whole or not at all. */
export interface OutputFile {
  readonly fd: number;
  /** All is written: it appears, safe on the disk. */
  commit(): Promise<void>;
  /** Nothing is left of it. Does nothing after `commit`. */
  abandon(): Promise<void>;
}

export interface OutputOptions {
  /** Default: 0600. */
  readonly mode?: number;
  /** Told where the bytes will be until the file appears, before that file is made. Not called where there is none. */
  readonly onTemporary?: (path: string) => void;
  /** All is on the disk, and not yet under its name. */
  readonly beforeAppearing?: () => void;
}

const PRIVATE = 0o600;
const unfinished = new Set<string>();
let made = 0;

/**
 * A new file in place of what has the name now; what exists and is no regular file (a device, a named pipe) is written to
 * as it is.
 */
export async function createOutput(path: string, options: OutputOptions = {}): Promise<OutputFile> {
  const there = await stat(path).catch(orAbsent);
  if (there !== undefined && !there.isFile()) return direct(await open(path, 'w'));
  return replacing(there === undefined ? path : await realpath(path), options);
}

/** A descriptor that somebody else has opened, and closes: written as it comes. */
export function openedOutput(fd: number): OutputFile {
  return { fd, commit: async () => {}, abandon: async () => {} };
}

/** Removes the files that are neither committed nor abandoned: for a process that is about to die of a signal. */
export function removeUnfinished(): void {
  for (const path of unfinished) rmSync(path, { force: true });
  unfinished.clear();
}

function direct(file: FileHandle): OutputFile {
  return { fd: file.fd, commit: () => file.close(), abandon: () => file.close().catch(() => {}) };
}

async function replacing(path: string, options: OutputOptions): Promise<OutputFile> {
  const { mode = PRIVATE, onTemporary, beforeAppearing } = options;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${made++}.part`);
  // Noted before it is there: a signal may come between the two.
  unfinished.add(temporary);
  onTemporary?.(temporary);
  const file = await open(temporary, 'wx+', mode).catch((error: unknown) => {
    unfinished.delete(temporary);
    throw error;
  });
  let closed = false;
  return {
    fd: file.fd,
    commit: async () => {
      await file.sync();
      await file.close();
      closed = true;
      beforeAppearing?.();
      await rename(temporary, path);
      unfinished.delete(temporary);
      await syncFolder(dirname(path));
    },
    abandon: async () => {
      if (!unfinished.delete(temporary)) return;
      if (!closed) await file.close().catch(() => {});
      await rm(temporary, { force: true });
    },
  };
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    // Some file systems know no such thing.
    await folder.sync().catch(() => {});
  } finally {
    await folder.close();
  }
}

function orAbsent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
