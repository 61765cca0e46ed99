import {
  type ByteReader,
  type ByteSink,
  type ByteSource,
  byteSource,
  ByteReader as Reader,
} from '@xen-migration/stream-format';
import { convertLegacyStream } from './convert/convert.js';
import type { ConversionOptions, ConversionReport } from './convert/options.js';

/** Bytes of a chunk of `legacyToV2`. */
const CHUNK_SIZE = 256 * 1024;

export interface ConvertedSource extends ByteSource {
  /** What was found; once the source has ended. */
  readonly report: ConversionReport | undefined;
}

/**
 * The converted stream, to be read from: it is converted as it is read, no faster. The legacy stream behind the reader
 * is read to its end once the last byte was read here, and no further. Reads reject with what the conversion fails of.
 */
export function convertedSource(reader: ByteReader, options: ConversionOptions = {}): ConvertedSource {
  return new Handover((sink) => convertLegacyStream(reader, sink, options));
}

/**
 * A legacy stream as a v2 stream, in chunks: `pipeline(createReadStream(...), (source) => legacyToV2(source, options),
 * createWriteStream(...))`.
 *
 * @throws StreamError
 */
export async function* legacyToV2(
  source: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>,
  options: ConversionOptions = {},
): AsyncGenerator<Uint8Array> {
  const reader = new Reader(byteSource(source));
  const converted = convertedSource(reader, options);
  try {
    for (;;) {
      // Whoever takes a chunk may keep it.
      const chunk = new Uint8Array(CHUNK_SIZE);
      const filled = await fill(converted, chunk);
      if (filled > 0) yield chunk.subarray(0, filled);
      if (filled < chunk.length) return;
    }
  } finally {
    await converted.close?.();
    await reader.close();
  }
}

async function fill(source: ByteSource, chunk: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < chunk.length) {
    const got = await source.read(chunk.subarray(filled));
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/** Between one who writes and one who reads: a write is done once all its bytes are read. */
class Handover implements ConvertedSource, ByteSink {
  report: ConversionReport | undefined;
  private running: Promise<void> | undefined;
  private parts: Uint8Array[] = [];
  private failure: { readonly error: unknown } | undefined;
  private ended = false;
  /** Wakes the reader: there are bytes, or there will be none. */
  private wake: (() => void) | undefined;
  /** Lets the writer go on. */
  private taken: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(private readonly write: (sink: ByteSink) => Promise<ConversionReport>) {}

  async read(into: Uint8Array): Promise<number> {
    return this.readv([into]);
  }

  async readv(targets: Uint8Array[]): Promise<number> {
    this.running ??= this.run();
    while (this.parts.length === 0) {
      if (this.failure !== undefined) throw this.failure.error;
      if (this.ended) return 0;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return targets.reduce((sum, target) => sum + this.copy(target), 0);
  }

  writev(parts: readonly Uint8Array[]): Promise<void> {
    if (this.ended) return Promise.reject(new Error('the converted stream was closed'));
    this.parts = parts.filter((part) => part.length > 0);
    if (this.parts.length === 0) return Promise.resolve();
    this.wake?.();
    return new Promise((resolve, reject) => {
      this.taken = { resolve, reject };
    });
  }

  async close(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    this.parts = [];
    this.taken?.reject(new Error('the converted stream was closed'));
    this.wake?.();
  }

  private async run(): Promise<void> {
    try {
      this.report = await this.write(this);
    } catch (error) {
      this.failure = { error };
    }
    this.ended = true;
    this.wake?.();
  }

  private copy(target: Uint8Array): number {
    let at = 0;
    for (let part = this.parts[0]; part !== undefined && at < target.length; part = this.parts[0]) {
      const piece = part.subarray(0, target.length - at);
      target.set(piece, at);
      at += piece.length;
      if (piece.length === part.length) this.parts.shift();
      else this.parts[0] = part.subarray(piece.length);
    }
    if (this.parts.length === 0) this.taken?.resolve();
    return at;
  }
}
