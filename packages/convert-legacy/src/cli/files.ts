import { closeSync, openSync, readSync } from 'node:fs';
import type { ByteSource } from '@xen-migration/stream-format';
import { createOutput, fdSource, kindOfFile, type OutputFile, openedOutput } from '@xen-migration/stream-format/node';

/** What happened to a file, with its name. */
export class FileError extends Error {
  override readonly name = 'FileError';
  constructor(
    file: string,
    override readonly cause: unknown,
  ) {
    super(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Whether the text is the number of an open file, and not a file's name. */
export function descriptorOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export interface Input {
  readonly source: ByteSource;
  /** Whether one can look whether something follows without waiting for it. */
  readonly isFile: boolean;
}

/** @throws FileError */
export function openInput(text: string): Input {
  return named(text, () => {
    const given = descriptorOf(text);
    const fd = given ?? openSync(text, 'r');
    const isFile = kindOfFile(fd).isFile();
    const close = async () => {
      if (given === undefined) closeSync(fd);
    };
    return { source: Object.assign(isFile ? regularFile(fd) : fdSource(fd), { close }), isFile };
  });
}

/** A regular file from where it stands. Reads end in the page cache in less time than one of the thread pool takes. */
function regularFile(fd: number): ByteSource {
  const read = (into: Uint8Array) => readSync(fd, into, 0, into.length, null);
  return { readSync: read, read: async (into) => read(into) };
}

/** @throws FileError */
export async function openOutput(text: string): Promise<OutputFile> {
  const fd = descriptorOf(text);
  if (fd !== undefined) {
    named(text, () => kindOfFile(fd));
    return openedOutput(fd);
  }
  try {
    // '-' is a file's name here, as it is to Xen's script.
    return await createOutput(text);
  } catch (error) {
    throw new FileError(text, error);
  }
}

function named<T>(text: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw new FileError(text, error);
  }
}
