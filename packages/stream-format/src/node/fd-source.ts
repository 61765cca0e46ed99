import { close, read, readv } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ByteSource } from '../bytes/byte-source.js';

const readAsync = promisify(read);
const readvAsync = promisify(readv);
const closeAsync = promisify(close);
const RETRY_MS = 2;

/** A pipe, socket or terminal by its descriptor. */
export function fdSource(fd: number): ByteSource {
  return new FdSource(fd, false);
}

export class FdSource implements ByteSource {
  constructor(
    private readonly fd: number,
    private readonly owned: boolean,
  ) {}

  async read(into: Uint8Array): Promise<number> {
    return (await whenReady(() => readAsync(this.fd, into, 0, into.length, null))).bytesRead;
  }

  async readv(targets: Uint8Array[]): Promise<number> {
    return (await whenReady(() => readvAsync(this.fd, targets, undefined))).bytesRead;
  }

  async close(): Promise<void> {
    if (this.owned) await closeAsync(this.fd);
  }
}

/** A descriptor that some other process set to non-blocking answers EAGAIN: then it is asked again. */
export async function whenReady<T>(operation: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await setTimeout(RETRY_MS);
    }
  }
}
