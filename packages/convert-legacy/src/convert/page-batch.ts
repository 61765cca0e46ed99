import { hasPageData, isKnownPageType, type LibxcWriter, PAGE_SIZE } from '@xen-migration/stream-format';
import { MAX_BATCH } from '../layout/chunks.js';
import { type LegacyReader, viewOf } from '../read/legacy-reader.js';
import type { Trace } from './options.js';

/** A page that the sender could not map: type XTAB, and no pfn. */
const LOST_PAGE = 0xf000_0000;
const PFN_MASK = 0x0fff_ffff;
/** So many bytes the reader has buffered at once: they need no memory here. */
const SMALL = 32 * 1024;

/** Carries batches of pages over; its memory is used again for each. */
export class PageBatches {
  private readonly pfns = new Float64Array(MAX_BATCH);
  private readonly types = new Uint8Array(MAX_BATCH);
  private memory = new Uint8Array(0);
  private carried = 0;

  constructor(
    private readonly legacy: LegacyReader,
    private readonly p2mSize: number,
    private readonly libxc: LibxcWriter,
    private readonly trace: Trace,
  ) {}

  /** Pages with contents so far. */
  get pages(): number {
    return this.carried;
  }

  /** A batch of so many pages, at its words. */
  async convert(count: number): Promise<void> {
    const { legacy, trace } = this;
    if (count > MAX_BATCH) {
      throw legacy.fault(
        'BAD_LENGTH',
        'batch-size',
        `${count} pages, at most ${MAX_BATCH} are possible`,
        legacy.offset - 4,
      );
    }
    const at = legacy.offset;
    const { kept, pages } = this.words(viewOf(await legacy.bytes(count * legacy.wordSize)), count, at);
    const data = await this.contents(pages * PAGE_SIZE);
    // A record without a pfn is refused by every restorer.
    if (kept === 0) trace?.('  no page of the batch is kept');
    else await this.libxc.pageData(this.pfns.subarray(0, kept), this.types.subarray(0, kept), [data]);
    this.carried += pages;
  }

  private async contents(size: number): Promise<Uint8Array> {
    if (size <= SMALL) return this.legacy.bytes(size);
    if (this.memory.length < size) this.memory = new Uint8Array(size);
    const data = this.memory.subarray(0, size);
    await this.legacy.into(data);
    return data;
  }

  private words(view: DataView, count: number, at: number): { kept: number; pages: number } {
    const { legacy, pfns, types, p2mSize } = this;
    let kept = 0;
    let pages = 0;
    for (let i = 0; i < count; i++) {
      const word = legacy.wordAt(view, i);
      if (word === LOST_PAGE) continue;
      const pfn = word & PFN_MASK;
      const type = (word >>> 28) & 0xf;
      if (word >= 2 ** 32 || pfn >= p2mSize || !isKnownPageType(type)) throw this.badWord(word, i, at);
      if (hasPageData(type)) pages++;
      pfns[kept] = pfn;
      types[kept] = type;
      kept++;
    }
    const twice = this.duplicate(kept);
    if (twice !== undefined) {
      throw legacy.fault('BAD_VALUE', 'batch-duplicate', `pfn 0x${twice.toString(16)} is there twice`, at);
    }
    return { kept, pages };
  }

  private badWord(word: number, i: number, at: number): Error {
    const { legacy, p2mSize } = this;
    const offset = at + i * legacy.wordSize;
    const entry = `entry ${i} (0x${word.toString(16)})`;
    if (word >= 2 ** 32) {
      return legacy.fault('BAD_VALUE', 'batch-word', `${entry} has more than a type and a pfn of 28 bits`, offset);
    }
    const type = word >>> 28;
    if (!isKnownPageType(type)) {
      return legacy.fault('BAD_VALUE', 'page-type', `${entry} has the reserved page type ${type}`, offset);
    }
    return legacy.fault('BAD_VALUE', 'pfn-range', `${entry} is beyond the guest's ${p2mSize} pages`, offset);
  }

  /** A pfn that is there twice with the same type. Pages come in rising order, which is the quick case. */
  private duplicate(count: number): number | undefined {
    const { pfns, types } = this;
    let rising = 1;
    while (rising < count && (pfns[rising] as number) > (pfns[rising - 1] as number)) rising++;
    if (rising >= count) return undefined;
    const seen = new Set<number>();
    for (let i = 0; i < count; i++) {
      const word = (types[i] as number) * 2 ** 28 + (pfns[i] as number);
      if (seen.has(word)) return pfns[i];
      seen.add(word);
    }
    return undefined;
  }
}
