import { StreamError } from '../errors/stream-error.js';
import { type ByteSource, byteSource } from './byte-source.js';

const GZIP_MAGIC = [0x1f, 0x8b];
const PART = 64 * 1024;

/** The source itself, or where it begins as gzip does, what is inside. */
export async function gunzipIfNeeded(source: ByteSource): Promise<ByteSource> {
  const start = new Uint8Array(GZIP_MAGIC.length);
  let have = 0;
  while (have < start.length) {
    const got = await source.read(start.subarray(have));
    if (got === 0) break;
    have += got;
  }
  const prefix = start.subarray(0, have);
  const zipped = have === GZIP_MAGIC.length && GZIP_MAGIC.every((byte, i) => byte === start[i]);
  if (!zipped) return new PrefixedSource(prefix, source);
  return new UnpackedSource(new PrefixedSource(prefix, source));
}

/** What is inside a compressed source. */
class UnpackedSource implements ByteSource {
  private readonly unpacked: ByteSource;
  private failure: unknown;
  private offset = 0;

  constructor(packed: ByteSource) {
    const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: async (controller) => {
        const part = new Uint8Array(PART);
        const got = await packed.read(part).catch((error: unknown) => {
          this.failure = error;
          throw error;
        });
        if (got === 0) controller.close();
        else controller.enqueue(part.subarray(0, got));
      },
      cancel: () => packed.close?.(),
    });
    this.unpacked = byteSource(compressed.pipeThrough(new DecompressionStream('gzip')) as ReadableStream<Uint8Array>);
  }

  async read(into: Uint8Array): Promise<number> {
    try {
      const got = await this.unpacked.read(into);
      this.offset += got;
      return got;
    } catch (error) {
      throw this.failure ?? this.damaged(error);
    }
  }

  async close(): Promise<void> {
    await this.unpacked.close?.();
  }

  private damaged(error: unknown): StreamError {
    const why = reasonOf(error);
    const code = /end of file|truncated/i.test(why) ? 'TRUNCATED' : 'BAD_VALUE';
    const place = { layer: 'wire', offset: this.offset, spec: 'RFC 1952' } as const;
    return new StreamError(`the compressed file is cut off or damaged: ${why}`, { ...place, code, rule: 'gzip' });
  }
}

/** What zlib says: from Node 26 on it is the cause of an error that has no text, as the standard has it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && error.cause !== undefined ? reasonOf(error.cause) : error.message;
}

/** Bytes that were read already, then the source. */
class PrefixedSource implements ByteSource {
  constructor(
    private prefix: Uint8Array,
    private readonly source: ByteSource,
  ) {}

  async read(into: Uint8Array): Promise<number> {
    if (this.prefix.length === 0) return this.source.read(into);
    const part = this.prefix.subarray(0, into.length);
    into.set(part);
    this.prefix = this.prefix.subarray(part.length);
    return part.length;
  }

  async close(): Promise<void> {
    await this.source.close?.();
  }
}
