/**
 * One bit for each of `size` pages, in the layout of Xen's log-dirty bitmap: page p is bit p & 7 of byte p >> 3. The
 * bytes are a whole number of 64-bit words, as the hypervisor copies it.
 */
export class PageBitmap {
  readonly bytes: Uint8Array;
  private readonly words: Uint32Array;

  constructor(readonly size: number) {
    this.words = new Uint32Array(Math.ceil(size / 64) * 2);
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /** Sets the bits of all pages (and none past them). */
  setAll(): void {
    this.words.fill(0);
    this.words.fill(0xffff_ffff, 0, this.size >>> 5);
    const rest = this.size & 31;
    if (rest !== 0) this.words[this.size >>> 5] = 2 ** rest - 1;
  }

  clearAll(): void {
    this.words.fill(0);
  }

  set(page: number): void {
    this.words[page >>> 5]! |= 1 << (page & 31);
  }

  test(page: number): boolean {
    return page < this.size && ((this.words[page >>> 5]! >>> (page & 31)) & 1) === 1;
  }

  /** Adds the other's pages. @throws RangeError for another size */
  add(other: PageBitmap): void {
    if (other.size !== this.size) throw new RangeError('bitmaps of different sizes');
    for (let i = 0; i < this.words.length; i++) this.words[i]! |= other.words[i]!;
  }

  /** The set pages, ascending, in arrays of `most` (the last may be shorter). The bitmap must not change meanwhile. */
  *batches(most: number): Generator<Float64Array> {
    const { words, size } = this;
    let batch = new Float64Array(most);
    let count = 0;
    for (let i = 0; i < words.length; i++) {
      let word = words[i]!;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        word &= word - 1;
        const page = i * 32 + bit;
        // A hypervisor that sets bits past the end of what we asked for asks for nothing.
        if (page >= size) continue;
        batch[count++] = page;
        if (count < most) continue;
        yield batch;
        batch = new Float64Array(most);
        count = 0;
      }
    }
    if (count > 0) yield batch.subarray(0, count);
  }
}

const CHUNK_SHIFT = 15;

/**
 * A set of pages whose numbers a stream chose: memory follows the number of distinct 32768-page stretches touched, not
 * the highest number claimed.
 */
export class SparsePageSet {
  private readonly chunks = new Map<number, Uint32Array>();
  private lastIndex = -1;
  private last: Uint32Array = new Uint32Array(0);

  has(page: number): boolean {
    const chunk = this.find(Math.floor(page / 2 ** CHUNK_SHIFT));
    const low = page % 2 ** CHUNK_SHIFT;
    return chunk !== undefined && ((chunk[low >>> 5]! >>> (low & 31)) & 1) === 1;
  }

  /** @returns false when it was there already */
  add(page: number): boolean {
    const index = Math.floor(page / 2 ** CHUNK_SHIFT);
    let chunk = this.find(index);
    if (chunk === undefined) {
      chunk = new Uint32Array(2 ** (CHUNK_SHIFT - 5));
      this.chunks.set(index, chunk);
    }
    const low = page % 2 ** CHUNK_SHIFT;
    const mask = 1 << (low & 31);
    const word = chunk[low >>> 5]!;
    chunk[low >>> 5] = word | mask;
    return (word & mask) === 0;
  }

  private find(index: number): Uint32Array | undefined {
    if (index === this.lastIndex) return this.last;
    const chunk = this.chunks.get(index);
    if (chunk === undefined) return undefined;
    this.lastIndex = index;
    this.last = chunk;
    return chunk;
  }
}
