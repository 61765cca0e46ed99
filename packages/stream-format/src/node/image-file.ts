import { ftruncate, write } from 'node:fs';
import { promisify } from 'node:util';
import type { ImageFile } from '../analyse/memory-image.js';

const writeAsync = promisify(write);
const ftruncateAsync = promisify(ftruncate);

/** A regular file by its descriptor; what is not written stays a hole. */
export function imageFile(fd: number): ImageFile {
  return {
    async write(offset, bytes) {
      for (let at = 0; at < bytes.length; ) {
        at += (await writeAsync(fd, bytes, at, bytes.length - at, offset + at)).bytesWritten;
      }
    },
    truncate: (size) => ftruncateAsync(fd, size),
  };
}
