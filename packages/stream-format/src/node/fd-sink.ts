import { writev } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteSink } from '../bytes/byte-sink.js';
import { type Ready, WaitingDescriptor } from './ready.js';

const writevAsync = promisify(writev);
/** The kernel takes no more parts in one call (IOV_MAX). */
export const MAX_PARTS = 1024;

/** A file, pipe or socket by its descriptor. @param ready of a socket that does not wait: when to write to it again */
export function fdSink(fd: number, ready?: Ready): ByteSink {
  const descriptor = new WaitingDescriptor(fd, 'write', ready);
  return {
    async writev(parts) {
      let pending = parts.filter((part) => part.length > 0);
      while (pending.length > 0) {
        const batch = pending.slice(0, MAX_PARTS);
        const { bytesWritten } = await descriptor.whenReady((open) => writevAsync(open, batch, undefined));
        pending = after(pending, bytesWritten);
      }
    },
  };
}

/** What is left of the parts once so many bytes are written. */
export function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let left = written;
  for (const [i, part] of parts.entries()) {
    if (left < part.length) return [part.subarray(left), ...parts.slice(i + 1)];
    left -= part.length;
  }
  return [];
}
