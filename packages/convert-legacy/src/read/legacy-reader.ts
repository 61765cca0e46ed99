import { type ByteReader, StreamError, type StreamErrorCode } from '@xen-migration/stream-format';
import { LEGACY_SPEC } from '../layout/layouts.js';

/** Bits of an unsigned long of the toolstack that wrote the stream. */
export type ToolstackWidth = 32 | 64;

const HIGH = 2 ** 32;

/** Reads the numbers of a legacy stream, and says in errors where it is. */
export class LegacyReader {
  private chunks = 0;
  /** Bytes of an unsigned long. */
  readonly wordSize: 4 | 8;

  constructor(
    private readonly reader: ByteReader,
    readonly width: ToolstackWidth,
  ) {
    this.wordSize = width === 32 ? 4 : 8;
  }

  get offset(): number {
    return this.reader.offset;
  }

  /** From here on, errors name this part. */
  enterPart(part: string): void {
    this.reader.place = { layer: 'legacy', part, spec: LEGACY_SPEC };
  }

  /** From here on, errors name this chunk. */
  enterChunk(type: number, name: string): void {
    this.reader.place = { layer: 'legacy', record: { index: this.chunks++, type, name }, spec: LEGACY_SPEC };
  }

  /** A view, valid until the next call. */
  async bytes(n: number): Promise<Uint8Array> {
    return this.reader.readSync(n) ?? this.reader.read(n);
  }

  skip(n: number): Promise<void> {
    return this.reader.skip(n);
  }

  /** Fills the target without a copy between. */
  into(target: Uint8Array): Promise<void> {
    return this.reader.readInto([target]);
  }

  async u32(): Promise<number> {
    return viewOf(await this.bytes(4)).getUint32(0, true);
  }

  async i32(): Promise<number> {
    return viewOf(await this.bytes(4)).getInt32(0, true);
  }

  /** An unsigned long; rounded where it is beyond 2^53. */
  async ulong(): Promise<number> {
    return this.wordAt(viewOf(await this.bytes(this.wordSize)), 0);
  }

  /** The i-th unsigned long of bytes that were read. */
  wordAt(view: DataView, i: number): number {
    if (this.width === 32) return view.getUint32(i * 4, true);
    return view.getUint32(i * 8 + 4, true) * HIGH + view.getUint32(i * 8, true);
  }

  /** What is wrong at this offset. */
  fault(code: StreamErrorCode, rule: string, message: string, offset: number): StreamError {
    return new StreamError(message, { ...this.reader.place, code, rule, offset });
  }
}

export function viewOf(from: Uint8Array): DataView {
  return new DataView(from.buffer, from.byteOffset, from.byteLength);
}
