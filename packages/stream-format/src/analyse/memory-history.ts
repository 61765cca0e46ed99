import { hasPageData, pageTypeName } from '../libxc/page-types.js';
import type { LibxcRecord, PageDataRecord, RecordPosition } from '../libxc/records.js';
import { PageBatches } from '../stream/page-batches.js';
import { isZeroPage, WORDS_PER_PAGE } from './page-hash.js';
import { noteWithoutData, withPlace } from './page-prints.js';
import { CHUNK_PFNS, PfnTable } from './pfn-table.js';

/** Passes that are listed one by one; a checkpointed stream may have any number. */
const LISTED_PASSES = 200;
const BYTE_MAX = 255;

/** One walk of the saver over the guest's memory. */
export interface Pass {
  /** Counts from 1. */
  readonly number: number;
  /** The pass of a stream that has its sender's memory once more, to be compared (VERIFY). */
  readonly verify: boolean;
  /** Checkpoints before it. */
  readonly checkpoint: number;
  records: number;
  /** Pages with data. */
  pages: number;
  /** Those of them that had been sent before. */
  again: number;
  /** Those of them that hold nothing but zeros. */
  zero: number;
}

export interface MemoryReport {
  /** pfns that have a page at the end, by type. */
  readonly types: { readonly type: string; readonly pages: number }[];
  /** One more than the highest pfn that has a page. */
  readonly endPfn: number;
  /** Pages at the end that have data, and those of them that hold nothing but zeros. */
  readonly pages: number;
  readonly zero: number;
  /** Pages that came in all passes together. */
  readonly sent: number;
  /** pfns by how often a page came for them: once, twice... */
  readonly timesSent: { readonly times: number; readonly pfns: number }[];
}

/** The memory of a guest over the passes of its stream. 4 bytes per pfn. */
export class MemoryHistory {
  readonly table = new PfnTable({ history: true });
  readonly passes: Pass[] = [];
  /** Passes beyond those that are listed, in which their pages count to the last. */
  unlisted = 0;
  private readonly batches = new PageBatches();
  private lastPfn = Number.POSITIVE_INFINITY;
  private verify = false;
  private checkpoint = 0;
  private sent = 0;

  /** @throws StreamError */
  async take(record: LibxcRecord): Promise<void> {
    if (record.type === 'PAGE_DATA') return withPlace(record, () => this.pageData(record));
    if (record.type !== 'VERIFY' && record.type !== 'CHECKPOINT') return;
    this.verify = record.type === 'VERIFY';
    if (record.type === 'CHECKPOINT') this.checkpoint++;
    this.lastPfn = Number.POSITIVE_INFINITY;
  }

  report(): MemoryReport {
    const types = new Map<number, number>();
    const timesSent = new Map<number, number>();
    const count = (map: Map<number, number>, key: number) => map.set(key, (map.get(key) ?? 0) + 1);
    let [pages, zero, endPfn] = [0, 0, 0];
    for (const base of this.table.bases()) {
      const chunk = this.table.find(base);
      if (chunk === undefined) continue;
      for (const [slot, known] of chunk.types.entries()) {
        if (chunk.sent[slot] !== 0) count(timesSent, chunk.sent[slot] ?? 0);
        if (known === 0) continue;
        count(types, known - 1);
        endPfn = base + slot + 1;
        if (hasPageData(known - 1)) pages++;
        zero += chunk.zero[slot] ?? 0;
      }
    }
    const ascending = (map: Map<number, number>) => [...map].sort(([a], [b]) => a - b);
    return {
      types: ascending(types).map(([type, n]) => ({ type: pageTypeName(type), pages: n })),
      endPfn,
      pages,
      zero,
      sent: this.sent,
      timesSent: ascending(timesSent).map(([times, pfns]) => ({ times, pfns })),
    };
  }

  private async pageData(record: PageDataRecord & RecordPosition): Promise<void> {
    const pass = this.passOf(record);
    pass.records++;
    for (const [entry, type] of record.types.entries()) {
      if (!hasPageData(type)) noteWithoutData(this.table, record.pfns[entry] ?? 0, type);
    }
    for await (const { count, pfns, types, words } of this.batches.of(record)) {
      for (let i = 0; i < count; i++) {
        this.page(pass, pfns[i] ?? 0, types[i] ?? 0, isZeroPage(words, i * WORDS_PER_PAGE));
      }
    }
  }

  private page(pass: Pass, pfn: number, type: number, zero: boolean): void {
    const chunk = this.table.set(pfn, type);
    const slot = pfn % CHUNK_PFNS;
    const times = chunk.sent[slot] ?? 0;
    chunk.sent[slot] = Math.min(times + 1, BYTE_MAX);
    chunk.pass[slot] = Math.min(pass.number, BYTE_MAX);
    chunk.zero[slot] = zero ? 1 : 0;
    this.sent++;
    pass.pages++;
    if (times > 0) pass.again++;
    if (zero) pass.zero++;
  }

  /** A saver walks through memory upwards: a record that begins below the last one's end begins a new pass. */
  private passOf({ pfns }: PageDataRecord): Pass {
    const current = this.passes.at(-1);
    const begins = current === undefined || (pfns[0] ?? 0) <= this.lastPfn;
    this.lastPfn = pfns.at(-1) ?? 0;
    if (!begins) return current;
    if (this.passes.length === LISTED_PASSES && current !== undefined) {
      this.unlisted++;
      return current;
    }
    const { verify, checkpoint } = this;
    const pass: Pass = {
      number: this.passes.length + 1,
      verify,
      checkpoint,
      records: 0,
      pages: 0,
      again: 0,
      zero: 0,
    };
    this.passes.push(pass);
    return pass;
  }
}
