/** Where bytes go. One write at a time. */
export interface ByteSink {
  /** Takes the parts in order; resolves once their memory may change again. */
  writev(parts: readonly Uint8Array[]): Promise<void>;
}

/** A sink that keeps what it is given, for streams that are small. */
export class MemorySink implements ByteSink {
  private readonly parts: Uint8Array[] = [];
  private length = 0;

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    for (const part of parts) {
      this.parts.push(part.slice());
      this.length += part.length;
    }
  }

  /** All bytes that were written. */
  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
