import { StreamError } from '../errors/stream-error.js';
import { PAGE_DATA } from '../libxc/layouts.js';
import { hasPageData, PAGE_TYPE } from '../libxc/page-types.js';
import { LIBXC_RECORD } from '../libxc/record-types.js';
import type { PageDataRecord, RecordPosition } from '../libxc/records.js';
import { PageBatches } from '../stream/page-batches.js';
import { hashPage, WORDS_PER_PAGE } from './page-hash.js';
import { CHUNK_PFNS, PfnTable, ScatteredPfnsError } from './pfn-table.js';

/** Called for each page as it comes; `words` hold the page from `at` on. */
export type PageObserver = (pfn: number, type: number, words: Uint32Array, at: number) => void;

/** Type and hash of each pfn's newest page: what two guests are compared by. */
export class PagePrints {
  readonly table = new PfnTable({ hashes: true });
  private readonly batches = new PageBatches();

  constructor(private readonly observe: PageObserver) {}

  /** @throws StreamError */
  async take(record: PageDataRecord & RecordPosition): Promise<void> {
    await withPlace(record, async () => {
      for (const [entry, type] of record.types.entries()) {
        if (!hasPageData(type)) noteWithoutData(this.table, record.pfns[entry] ?? 0, type);
      }
      for await (const { count, pfns, types, words } of this.batches.of(record)) {
        for (let i = 0; i < count; i++) {
          const [pfn, type, at] = [pfns[i] ?? 0, types[i] ?? 0, i * WORDS_PER_PAGE];
          const { hashes } = this.table.set(pfn, type);
          hashPage(words, at, hashes, (pfn % CHUNK_PFNS) * 2);
          this.observe(pfn, type, words, at);
        }
      }
    });
  }
}

/** A pfn of which no page follows: it has none (XTAB), one of unsaid content (XALLOC), or a broken one. */
export function noteWithoutData(table: PfnTable, pfn: number, type: number): void {
  if (table.typeOf(pfn) !== undefined) table.remove(pfn);
  if (type !== PAGE_TYPE.XTAB) table.set(pfn, type);
}

/** Gives the error of a pfn table its place in the stream. */
export async function withPlace<T>(record: RecordPosition, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ScatteredPfnsError)) throw error;
    throw new StreamError(error.message, {
      code: 'BAD_VALUE',
      rule: 'scattered-pfns',
      offset: record.offset,
      layer: 'libxc',
      record: { index: record.index, type: LIBXC_RECORD.PAGE_DATA, name: 'PAGE_DATA' },
      spec: PAGE_DATA.spec,
    });
  }
}
