import { closeSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { ByteReader } from '../bytes/byte-reader.js';
import type { ChainFile } from '../chain/chain-file.js';
import { fileSource } from './file-source.js';

const readAsync = promisify(read);

/** A regular file as a part of a chain; it stays open until `close`. */
export function chainFile(path: string): ChainFile & { close(): void } {
  const fd = openSync(path, 'r');
  return {
    open: async () => new ByteReader(fileSource(path)),
    async readAt(offset, into) {
      for (let at = 0; at < into.length; ) {
        const { bytesRead } = await readAsync(fd, into, at, into.length - at, offset + at);
        if (bytesRead === 0) throw new Error(`${path} ends at ${offset + at}`);
        at += bytesRead;
      }
    },
    close: () => closeSync(fd),
  };
}
