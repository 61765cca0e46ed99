import type { LibxcRecord, PageBody, PlainLibxcRecord } from '@xen-migration/stream-format';
import { hasPageData } from '@xen-migration/stream-format';
import { PAGE_SIZE } from '../hypervisor/frames.js';
import { RestoreFault } from './errors.js';
import type { PageDataRecord } from './pages.js';

/** Entries without data that a checkpoint may have beyond the pages that the domain may have: holes, ballooned pages. */
const SPARE_ENTRIES = 2 ** 21;

/** Part of a checkpoint, kept in memory. */
type KeptPages = { readonly pages: true; pfns: Float64Array; types: Uint8Array; data: Uint8Array } & Place;
type KeptRecord = { readonly pages: false; readonly record: PlainLibxcRecord } & Place;
interface Place {
  readonly offset: number;
  readonly index: number;
  readonly length: number;
}

/**
 * The records of a checkpoint that is under way. They are acted upon only when it is whole, so that its sender may die at
 * any byte. Holds at most as many pages as the domain may have: of a page that is sent more than once the last counts.
 */
export class CheckpointBuffer {
  private kept: (KeptPages | KeptRecord)[] = [];
  private entries = 0;
  private dataPages = 0;

  /** @param maxPages that the domain may have */
  constructor(private readonly maxPages: number) {}

  /** Takes the record over; of a PAGE_DATA record its pages too. @throws StreamError, RestoreFault */
  async add(record: LibxcRecord): Promise<void> {
    const { offset, index, length } = record;
    if (record.type !== 'PAGE_DATA') {
      this.kept.push({ pages: false, record: structuredClone(record), offset, index, length });
      return;
    }
    const { pfns, types, pageCount } = record;
    this.entries += pfns.length;
    this.dataPages += pageCount;
    if (this.isTooLarge()) this.dropSuperseded(pfns);
    if (this.isTooLarge()) {
      throw new RestoreFault('BAD_RECORD', `a checkpoint of more pages than the domain may have (${this.maxPages})`);
    }
    const data = new Uint8Array(pageCount * PAGE_SIZE);
    await record.body.readInto(data.length > 0 ? [data] : []);
    this.kept.push({ pages: true, pfns: pfns.slice(), types: types.slice(), data, offset, index, length });
  }

  /** All records in order, as they would have been read; the buffer is empty afterwards. */
  *take(): Generator<LibxcRecord> {
    const { kept } = this;
    this.clear();
    for (const part of kept) yield part.pages ? recordOf(part) : Object.assign(part.record, placeOf(part));
  }

  clear(): void {
    this.kept = [];
    this.entries = 0;
    this.dataPages = 0;
  }

  private isTooLarge(): boolean {
    return this.dataPages > this.maxPages || this.entries > this.maxPages + SPARE_ENTRIES;
  }

  /** Keeps the last word on each page only; `coming` are about to be said. */
  private dropSuperseded(coming: Float64Array): void {
    const seen = new Set(coming);
    for (let i = this.kept.length - 1; i >= 0; i--) {
      const part = this.kept[i]!;
      if (!part.pages) continue;
      const before = { entries: part.pfns.length, data: part.data.length / PAGE_SIZE };
      keepEntries(part, (pfn) => !seen.has(pfn) && seen.add(pfn) !== undefined);
      this.entries -= before.entries - part.pfns.length;
      this.dataPages -= before.data - part.data.length / PAGE_SIZE;
    }
    this.kept = this.kept.filter((part) => !part.pages || part.pfns.length > 0);
  }
}

function keepEntries(part: KeptPages, wanted: (pfn: number) => boolean): void {
  const pfns: number[] = [];
  const types: number[] = [];
  const pages: Uint8Array[] = [];
  let at = 0;
  for (const [i, pfn] of part.pfns.entries()) {
    const type = part.types[i]!;
    const size = hasPageData(type) ? PAGE_SIZE : 0;
    if (wanted(pfn)) {
      pfns.push(pfn);
      types.push(type);
      pages.push(part.data.subarray(at, at + size));
    }
    at += size;
  }
  if (pfns.length === part.pfns.length) return;
  part.pfns = Float64Array.from(pfns);
  part.types = Uint8Array.from(types);
  part.data = Uint8Array.from(Buffer.concat(pages));
}

function recordOf(part: KeptPages): PageDataRecord {
  const { pfns, types, data } = part;
  return {
    type: 'PAGE_DATA',
    pfns,
    types,
    pageCount: data.length / PAGE_SIZE,
    body: new KeptBody(data),
    ...placeOf(part),
  };
}

const placeOf = ({ offset, index, length }: Place): Place => ({ offset, index, length });

class KeptBody implements PageBody {
  private at = 0;

  constructor(private readonly data: Uint8Array) {}

  async readInto(targets: readonly Uint8Array[]): Promise<void> {
    for (const target of targets) {
      target.set(this.data.subarray(this.at, this.at + target.length));
      this.at += target.length;
    }
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.at === this.data.length) return undefined;
    this.at += PAGE_SIZE;
    return this.data.subarray(this.at - PAGE_SIZE, this.at);
  }

  async skip(): Promise<void> {
    this.at = this.data.length;
  }
}
