import type { ByteSink } from './byte-sink.js';

const BUFFER = 256 * 1024;

/** A sink before a sink: small writes are gathered, as a call costs more than copying some pages. */
export class BufferedSink implements ByteSink {
  private readonly buffer = new Uint8Array(BUFFER);
  private filled = 0;

  constructor(private readonly sink: ByteSink) {}

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    let size = 0;
    for (const part of parts) size += part.length;
    if (size > BUFFER - this.filled) {
      await this.flush();
      if (size > BUFFER / 2) return this.sink.writev(parts);
    }
    for (const part of parts) {
      this.buffer.set(part, this.filled);
      this.filled += part.length;
    }
  }

  /** Passes on what is gathered. */
  async flush(): Promise<void> {
    if (this.filled === 0) return;
    const gathered = this.buffer.subarray(0, this.filled);
    this.filled = 0;
    await this.sink.writev([gathered]);
  }
}
