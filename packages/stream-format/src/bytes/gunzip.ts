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
  const packed = new PrefixedSource(prefix, source);
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const part = new Uint8Array(PART);
      const got = await packed.read(part);
      if (got === 0) controller.close();
      else controller.enqueue(part.subarray(0, got));
    },
    cancel: () => packed.close(),
  });
  return byteSource(compressed.pipeThrough(new DecompressionStream('gzip')) as ReadableStream<Uint8Array>);
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
