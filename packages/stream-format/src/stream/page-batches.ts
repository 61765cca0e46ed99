import { PAGE_SIZE } from '../libxc/layouts.js';
import { hasPageData } from '../libxc/page-types.js';
import type { PageDataRecord } from '../libxc/records.js';

/** What a saver puts into one record; larger records come in parts. */
const BATCH_PAGES = 1024;

/** Pages of a record with what names them: valid until the next batch. */
export interface PageBatch {
  readonly count: number;
  /** pfn and page type of each page; `count` of the entries are filled. */
  readonly pfns: Float64Array;
  readonly types: Uint8Array;
  /** The pages one after the other, as bytes and as 32-bit words. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly words: Uint32Array;
}

/** Reads the pages of records into one piece of memory, 4 MiB at most whatever the record's size. */
export class PageBatches {
  private readonly bytes = new Uint8Array(BATCH_PAGES * PAGE_SIZE);
  private readonly words = new Uint32Array(this.bytes.buffer);
  private readonly pfns = new Float64Array(BATCH_PAGES);
  private readonly types = new Uint8Array(BATCH_PAGES);

  /** @throws StreamError TRUNCATED */
  async *of(record: PageDataRecord): AsyncGenerator<PageBatch> {
    const { bytes, words, pfns, types } = this;
    const whole = record.pageCount <= BATCH_PAGES;
    if (whole) await record.body.readInto([bytes.subarray(0, record.pageCount * PAGE_SIZE)]);
    let count = 0;
    for (const [entry, type] of record.types.entries()) {
      if (!hasPageData(type)) continue;
      pfns[count] = record.pfns[entry] ?? 0;
      types[count] = type;
      if (!whole) bytes.set((await record.body.next()) ?? new Uint8Array(0), count * PAGE_SIZE);
      count++;
      if (count < BATCH_PAGES || whole) continue;
      yield { count, pfns, types, bytes, words };
      count = 0;
    }
    if (count > 0) yield { count, pfns, types, bytes, words };
  }
}
