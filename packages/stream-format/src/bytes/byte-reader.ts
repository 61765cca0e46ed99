import { StreamError, type StreamPlace } from '../errors/stream-error.js';
import type { ByteSource } from './byte-source.js';

/** A buffer of this size stays in the processor's cache: reading a file through it costs what `cat` costs. */
const DEFAULT_BUFFER = 64 * 1024;
/** Memory for a long read grows in steps as its bytes arrive: a length claimed is not a length that exists. */
const FIRST_STEP = 1024 * 1024;

const NOWHERE: StreamPlace = { layer: 'wire', spec: '' };

/**
 * Reads a source through a small buffer, and knows the offset. Methods that end in `Sync` do without a promise where
 * the bytes are at hand, and answer false or undefined where they aren't.
 */
export class ByteReader {
  /** What errors say about the place; the layer that reads sets it. */
  place: StreamPlace = NOWHERE;
  private buffer: Uint8Array<ArrayBuffer>;
  private view: DataView;
  private position = 0;
  private end = 0;
  private base: number;
  private ended = false;

  /** `offset`: what the offset of the source's first byte is called. */
  constructor(
    private readonly source: ByteSource,
    options: { readonly bufferSize?: number; readonly offset?: number } = {},
  ) {
    this.buffer = new Uint8Array(Math.max(options.bufferSize ?? DEFAULT_BUFFER, 16));
    this.view = new DataView(this.buffer.buffer);
    this.base = options.offset ?? 0;
  }

  /** Offset of the next byte. */
  get offset(): number {
    return this.base + this.position;
  }

  /**
   * The next n bytes: a view, valid until the next call.
   * @throws StreamError TRUNCATED
   */
  async read(n: number): Promise<Uint8Array> {
    const ready = this.readSync(n);
    if (ready !== undefined) return ready;
    if (n > this.buffer.length) return this.readLong(n);
    await this.ensure(n);
    return this.take(n);
  }

  /** As `read`, where the bytes are buffered or the source does not wait; undefined otherwise, and at the end. */
  readSync(n: number): Uint8Array | undefined {
    return this.ensureSync(n) ? this.take(n) : undefined;
  }

  /** Makes sure that n bytes are buffered, if that needs no waiting and the buffer is large enough. */
  ensureSync(n: number): boolean {
    if (this.end - this.position >= n) return true;
    if (this.source.readSync === undefined || n > this.buffer.length) return false;
    this.compact();
    while (this.end < n) {
      const got = this.source.readSync(this.buffer.subarray(this.end));
      if (got === 0) return false;
      this.end += got;
    }
    return true;
  }

  /** Waits until n bytes, no more than the buffer holds, are buffered. @throws StreamError TRUNCATED */
  async ensure(n: number): Promise<void> {
    if (!(await this.fill(n))) throw this.truncated(n - (this.end - this.position));
  }

  /** A number from `ensureSync`ed bytes that are `at` bytes ahead. */
  aheadU32(at: number, littleEndian: boolean): number {
    return this.view.getUint32(this.position + at, littleEndian);
  }

  /** Fills the targets in order, as far as possible without a copy between. */
  readInto(targets: readonly Uint8Array[]): Promise<void> {
    return this.fillTargets(targets, 0);
  }

  /** Passes over n bytes. @throws StreamError TRUNCATED */
  async skip(n: number): Promise<void> {
    let left = n;
    while (!this.skipPart(left)) {
      left -= this.dropBuffer();
      if (this.source.skip !== undefined && left > this.buffer.length) {
        const skipped = await this.source.skip(left);
        this.base += skipped;
        if (skipped < left) throw this.truncated(left - skipped);
        return;
      }
      if (!(await this.fill(1))) throw this.truncated(left);
    }
  }

  /** Passes over n bytes and answers true where that needs no waiting; otherwise does nothing. */
  skipSync(n: number): boolean {
    if (this.skipPart(n)) return true;
    const { readSync, skipSync } = this.source;
    if (readSync === undefined || skipSync === undefined) return false;
    let left = n - this.dropBuffer();
    // What is hardly more than the buffer is read: a call costs as much as some ten pages.
    if (left > this.buffer.length) {
      const skipped = skipSync.call(this.source, left);
      this.base += skipped;
      if (skipped < left) throw this.truncated(left - skipped);
      return true;
    }
    while (!this.skipPart(left)) {
      left -= this.dropBuffer();
      if (!this.ensureSync(1)) throw this.truncated(left);
    }
    return true;
  }

  /** Whether no byte is left. */
  async atEnd(): Promise<boolean> {
    return this.end === this.position && !(await this.fill(1));
  }

  /** The next n bytes without passing over them; fewer at the end, and at most the buffer's size. */
  async peek(n: number): Promise<Uint8Array> {
    await this.fill(Math.min(n, this.buffer.length));
    return this.buffer.subarray(this.position, Math.min(this.position + n, this.end));
  }

  async close(): Promise<void> {
    await this.source.close?.();
  }

  /** `beyond`: bytes that are wanted after these, for the error. */
  private async fillTargets(targets: readonly Uint8Array[], beyond: number): Promise<void> {
    let pending = targets.filter((target) => target.length > 0);
    let first = pending[0];
    while (first !== undefined && this.end > this.position) {
      const part = this.take(Math.min(first.length, this.end - this.position));
      first.set(part);
      pending = advance(pending, part.length);
      first = pending[0];
    }
    while (first !== undefined) {
      const got = await this.readSome(first, pending);
      if (got === 0) throw this.truncated(pending.reduce((sum, target) => sum + target.length, beyond));
      this.base += got;
      pending = advance(pending, got);
      first = pending[0];
    }
  }

  private take(n: number): Uint8Array {
    const start = this.position;
    this.position += n;
    return this.buffer.subarray(start, this.position);
  }

  private skipPart(n: number): boolean {
    if (this.end - this.position < n) return false;
    this.position += n;
    return true;
  }

  private dropBuffer(): number {
    const dropped = this.end - this.position;
    this.base += this.end;
    this.position = 0;
    this.end = 0;
    return dropped;
  }

  private compact(): void {
    if (this.position === 0) return;
    this.buffer.copyWithin(0, this.position, this.end);
    this.base += this.position;
    this.end -= this.position;
    this.position = 0;
  }

  /** Buffers at least n bytes (n no more than the buffer); false where the input ends before. */
  private async fill(n: number): Promise<boolean> {
    if (this.end - this.position >= n) return true;
    this.compact();
    while (this.end < n && !this.ended) {
      const got = await this.source.read(this.buffer.subarray(this.end));
      this.end += got;
      this.ended = got === 0;
    }
    return this.end >= n;
  }

  /** All of `pending` is wanted; `first` is the first of them. */
  private readSome(first: Uint8Array, pending: Uint8Array[]): Promise<number> {
    const { source } = this;
    if (source.readWhole !== undefined) return source.readWhole(first);
    return source.readv === undefined || pending.length === 1 ? source.read(first) : source.readv(pending);
  }

  private async readLong(n: number): Promise<Uint8Array> {
    let long = new Uint8Array(Math.min(n, FIRST_STEP));
    let at = 0;
    for (;;) {
      await this.fillTargets([long.subarray(at)], n - long.length);
      at = long.length;
      if (at === n) return long;
      const grown = new Uint8Array(Math.min(n, at * 2));
      grown.set(long);
      long = grown;
    }
  }

  private truncated(wanted: number): StreamError {
    const end = this.base + this.end;
    const more = wanted === 1 ? '1 byte more was' : `${wanted} bytes more were`;
    return new StreamError(`the input ends, ${more} expected`, {
      ...this.place,
      code: 'TRUNCATED',
      offset: end,
      rule: 'truncated',
    });
  }
}

function advance(targets: readonly Uint8Array[], n: number): Uint8Array[] {
  let left = n;
  for (const [i, target] of targets.entries()) {
    if (left < target.length) return [target.subarray(left), ...targets.slice(i + 1)];
    left -= target.length;
  }
  return [];
}
