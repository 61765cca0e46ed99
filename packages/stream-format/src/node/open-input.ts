import { closeSync, openSync, readSync } from 'node:fs';
import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSource } from '../bytes/byte-source.js';
import { gunzipIfNeeded } from '../bytes/gunzip.js';
import { descriptorCalled, fileSource } from './file-source.js';

/** A reader of the file, or of the standard input for '-'. What is compressed with gzip is unpacked. */
export async function openInput(path: string): Promise<ByteReader> {
  return new ByteReader(await openSource(path));
}

async function openSource(path: string): Promise<ByteSource> {
  const own = path === '-' ? 0 : descriptorCalled(path);
  const source = fileSource(own ?? path);
  // A regular file is looked into beforehand: it stays a file then, and can be skipped through.
  if (source.readSync === undefined || own !== undefined) return gunzipIfNeeded(source);
  return startsAsGzip(path) ? gunzipIfNeeded(source) : source;
}

function startsAsGzip(path: string): boolean {
  const fd = openSync(path, 'r');
  try {
    const start = new Uint8Array(2);
    return readSync(fd, start, 0, 2, 0) === 2 && start[0] === 0x1f && start[1] === 0x8b;
  } finally {
    closeSync(fd);
  }
}
