import { writevSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ByteSink } from '../bytes/byte-sink.js';
import { after, fdSink, MAX_PARTS } from './fd-sink.js';
import { kindOfFile } from './kind-of-file.js';

/** After so many bytes the process gets to its signals and timers. */
const BREATH = 16 * 1024 * 1024;

/**
 * An open file, by its descriptor. Writes to a regular file are synchronous: they end in the page cache in less time than
 * a turn of the thread pool takes. Anything else is written as by `fdSink`.
 */
export function fileSink(fd: number): ByteSink {
  return kindOfFile(fd).isFile() ? new FileSink(fd) : fdSink(fd);
}

class FileSink implements ByteSink {
  private sinceBreath = 0;

  constructor(private readonly fd: number) {}

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    let pending = parts.filter((part) => part.length > 0);
    while (pending.length > 0) {
      const written = writevSync(this.fd, pending.slice(0, MAX_PARTS));
      this.sinceBreath += written;
      pending = after(pending, written);
    }
    if (this.sinceBreath < BREATH) return;
    this.sinceBreath = 0;
    await setImmediate();
  }
}
