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

  /** The set pages, ascending. */
  pages(): Float64Array {
    const all: Float64Array[] = [...this.batches(2 ** 12)];
    const pages = new Float64Array(all.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of all) {
      pages.set(part, at);
      at += part.length;
    }
    return pages;
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
const CHUNK_PAGES = 2 ** CHUNK_SHIFT;

/**
 * A set of pages whose numbers a stream chose: memory follows the number of distinct 32768-page stretches touched, not
 * the highest number claimed.
 */
export class SparsePageSet {
  private readonly chunks = new Map<number, Uint32Array>();
  private lastIndex = -1;
  private last: Uint32Array = new Uint32Array(0);

  has(page: number): boolean {
    const chunk = this.find(chunkIndex(page));
    return chunk !== undefined && ((chunk[(page % CHUNK_PAGES) >>> 5]! >>> (page & 31)) & 1) === 1;
  }

  /** @returns false when it was there already */
  add(page: number): boolean {
    const index = chunkIndex(page);
    const chunk = this.find(index) ?? this.grow(index);
    const at = (page % CHUNK_PAGES) >>> 5;
    const mask = 1 << (page & 31);
    const word = chunk[at]!;
    chunk[at] = word | mask;
    return (word & mask) === 0;
  }

  /** The pages of this set that are not in the other one, ascending. */
  *without(other: SparsePageSet): Generator<number> {
    for (const index of [...this.chunks.keys()].sort((a, b) => a - b)) {
      const ours = this.chunks.get(index)!;
      const theirs = other.chunks.get(index);
      for (let at = 0; at < ours.length; at++) {
        let word = ours[at]! & ~(theirs?.[at] ?? 0);
        for (; word !== 0; word &= word - 1) {
          yield index * CHUNK_PAGES + at * 32 + (31 - Math.clz32(word & -word));
        }
      }
    }
  }

  private find(index: number): Uint32Array | undefined {
    if (index === this.lastIndex) return this.last;
    const chunk = this.chunks.get(index);
    if (chunk === undefined) return undefined;
    this.lastIndex = index;
    this.last = chunk;
    return chunk;
  }

  private grow(index: number): Uint32Array {
    const chunk = new Uint32Array(CHUNK_PAGES / 32);
    this.chunks.set(index, chunk);
    return chunk;
  }
}

/** Numbers of up to 32 bits, which are all but the wildest, without a division. */
function chunkIndex(page: number): number {
  return page <= 0xffff_ffff ? page >>> CHUNK_SHIFT : Math.floor(page / CHUNK_PAGES);
}
