import type { ImageFile } from '../analyse/memory-image.js';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import { createOutput, fdSink, imageFile, openedOutput, openInput } from '../node/index.js';

/** What happened while a file was read or written. */
export class FileError extends Error {
  override readonly name = 'FileError';
  constructor(
    /** What the error says the file is called. */
    readonly file: string,
    override readonly cause: unknown,
  ) {
    super(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Reads the stream with this name. Errors carry the name. */
export async function withInput<T>(path: string, work: (reader: ByteReader) => Promise<T>): Promise<T> {
  const name = path === '-' ? 'standard input' : path;
  const reader = await named(name, openInput(path));
  try {
    return await named(name, work(reader));
  } finally {
    await reader.close();
  }
}

/** Where a command writes to; errors carry the file's name. */
export interface Output {
  /** From the start on. */
  readonly sink: ByteSink;
  /** Anywhere. */
  readonly image: ImageFile;
}

/** Writes a file that appears whole, or not at all where `work` throws; '-' is the standard output. `mode`: 0600 if not said. */
export async function withOutput<T>(path: string, work: (output: Output) => Promise<T>, mode?: number): Promise<T> {
  const name = path === '-' ? 'standard output' : path;
  const file = path === '-' ? openedOutput(1) : await named(name, createOutput(path, { mode }));
  const [sink, image] = [fdSink(file.fd), imageFile(file.fd)];
  try {
    const result = await work({
      sink: { writev: (parts) => named(name, sink.writev(parts)) },
      image: {
        write: (offset, bytes) => named(name, image.write(offset, bytes)),
        truncate: (size) => named(name, image.truncate(size)),
      },
    });
    await named(name, file.commit());
    return result;
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

async function named<T>(file: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw error instanceof FileError ? error : new FileError(file, error);
  }
}
