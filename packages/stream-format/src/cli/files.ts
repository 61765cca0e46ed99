import type { ByteReader } from '../bytes/byte-reader.js';
import { createOutput, type OutputFile, openInput } from '../node/index.js';

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

/** Writes a file that appears whole, or not at all where `work` throws. */
export async function withOutput<T>(path: string, work: (output: OutputFile) => Promise<T>): Promise<T> {
  const name = path === '-' ? 'standard output' : path;
  const output = await named(name, createOutput(path));
  try {
    const result = await named(name, work(output));
    await named(name, output.commit());
    return result;
  } catch (error) {
    await output.abandon();
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
