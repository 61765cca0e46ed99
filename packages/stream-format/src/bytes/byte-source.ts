/** Where bytes come from. One read at a time. */
export interface ByteSource {
  /** Fills at most `into`; answers how many bytes came, 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** The same for several targets, filled in order. */
  readv?(targets: Uint8Array[]): Promise<number>;
  /** As `read`, but comes back only when `into` is full or nothing more comes: one turn of a thread instead of many. */
  readWhole?(into: Uint8Array): Promise<number>;
  /** Passes over `n` bytes without reading them; answers how many there were. */
  skip?(n: number): Promise<number>;
  /** As `read`, for sources whose reads don't wait (files, memory): a promise per record costs more than the record. */
  readSync?(into: Uint8Array): number;
  /** As `skip`, likewise. */
  skipSync?(n: number): number;
  close?(): Promise<void>;
}

/** A source of bytes that are in memory, or come in chunks of any size. */
export function byteSource(
  from: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>,
): ByteSource {
  if (from instanceof Uint8Array) return new MemorySource(from);
  if (Symbol.asyncIterator in from) return new ChunkSource(from[Symbol.asyncIterator]());
  if (Symbol.iterator in from) return new ChunkSource(from[Symbol.iterator]());
  return new ChunkSource(chunksOf(from));
}

class MemorySource implements ByteSource {
  private at = 0;
  constructor(private readonly memory: Uint8Array) {}

  async read(into: Uint8Array): Promise<number> {
    return this.readSync(into);
  }

  readSync(into: Uint8Array): number {
    const part = this.memory.subarray(this.at, this.at + into.length);
    into.set(part);
    this.at += part.length;
    return part.length;
  }

  async skip(n: number): Promise<number> {
    return this.skipSync(n);
  }

  skipSync(n: number): number {
    const skipped = Math.min(n, this.memory.length - this.at);
    this.at += skipped;
    return skipped;
  }
}

class ChunkSource implements ByteSource {
  private chunk = new Uint8Array(0);
  constructor(private readonly chunks: Iterator<Uint8Array> | AsyncIterator<Uint8Array>) {}

  async read(into: Uint8Array): Promise<number> {
    if (into.length === 0) return 0;
    while (this.chunk.length === 0) {
      const next = await this.chunks.next();
      if (next.done === true) return 0;
      this.chunk = next.value as Uint8Array<ArrayBuffer>;
    }
    const part = this.chunk.subarray(0, into.length);
    into.set(part);
    this.chunk = this.chunk.subarray(part.length);
    return part.length;
  }

  async close(): Promise<void> {
    await this.chunks.return?.();
  }
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}
