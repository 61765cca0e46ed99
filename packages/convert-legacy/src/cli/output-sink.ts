import { fstatSync, writevSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { ByteSink } from '@xen-migration/stream-format';
import { fdSink } from '@xen-migration/stream-format/node';

const BUFFER = 256 * 1024;
/** Parts from this size on are written without a copy. */
const LARGE = 64 * 1024;
/** After so many bytes the process listens for signals. */
const BREATH = 16 * 1024 * 1024;

export interface OutputSink extends ByteSink {
  /** Writes what is held back. */
  flush(): Promise<void>;
}

/** What is written to the open file; small writes are put together. */
export function outputSink(fd: number): OutputSink {
  return new BufferedSink(fstatSync(fd).isFile() ? regularFileSink(fd) : fdSink(fd));
}

/** Writes to a regular file end in the page cache in less time than a promise of the thread pool takes. */
function regularFileSink(fd: number): ByteSink {
  let sinceBreath = 0;
  return {
    async writev(parts) {
      let pending = parts;
      while (pending.length > 0) {
        const written = writevSync(fd, pending);
        sinceBreath += written;
        pending = after(pending, written);
      }
      if (sinceBreath < BREATH) return;
      sinceBreath = 0;
      await setImmediate();
    },
  };
}

function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  let left = written;
  for (const [i, part] of parts.entries()) {
    if (left < part.length) return [part.subarray(left), ...parts.slice(i + 1)];
    left -= part.length;
  }
  return [];
}

class BufferedSink implements OutputSink {
  private readonly buffer = new Uint8Array(BUFFER);
  private held = 0;

  constructor(private readonly sink: ByteSink) {}

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      if (part.length >= LARGE) await this.writeWith(part);
      else await this.hold(part);
    }
  }

  async flush(): Promise<void> {
    const held = this.take();
    if (held.length > 0) await this.sink.writev([held]);
  }

  private async hold(part: Uint8Array): Promise<void> {
    if (this.held + part.length > BUFFER) await this.flush();
    this.buffer.set(part, this.held);
    this.held += part.length;
  }

  private async writeWith(part: Uint8Array): Promise<void> {
    const held = this.take();
    await this.sink.writev(held.length > 0 ? [held, part] : [part]);
  }

  private take(): Uint8Array {
    const held = this.buffer.subarray(0, this.held);
    this.held = 0;
    return held;
  }
}
