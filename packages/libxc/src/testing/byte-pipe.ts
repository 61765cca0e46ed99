import type { ByteSink } from '@xen-migration/stream-format';

/** Bytes under way at most. */
const CAPACITY = 2 ** 20;

/** A pipe within the process: what is written comes out at the other end, and a writer that is ahead waits. */
export class BytePipe implements ByteSink, AsyncIterable<Uint8Array> {
  private readonly chunks: Uint8Array[] = [];
  private held = 0;
  private ended = false;
  private wake: (() => void)[] = [];

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    if (this.ended) throw Object.assign(new Error('broken pipe'), { code: 'EPIPE' });
    // A copy: the parts may be a guest's own pages, mapped only for now.
    const chunk = Buffer.concat(parts);
    this.chunks.push(chunk);
    this.held += chunk.length;
    this.changed();
    while (this.held > CAPACITY && !this.ended) await this.change();
  }

  /** The reader gets what was written so far, and then its end. */
  end(): void {
    this.ended = true;
    this.changed();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        this.held -= chunk.length;
        this.changed();
        yield chunk;
      } else if (this.ended) return;
      else await this.change();
    }
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.wake.push(resolve));
  }

  private changed(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}
