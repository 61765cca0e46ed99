import { hasPageData, type LibxcRecord } from '@xen-migration/stream-format';
import type { ForeignMapping, Hypervisor } from '../hypervisor/hypervisor.js';
import { hexPfn, RestoreFault } from './errors.js';
import type { RestoreGuest } from './guest-type.js';
import type { Populator } from './populate.js';

export type PageDataRecord = Extract<LibxcRecord, { type: 'PAGE_DATA' }>;

/** Unmappings under way while the next record is read. */
const UNMAPPINGS_IN_FLIGHT = 2;
/** Differing pages that a verification names. */
const MAX_MISMATCHES = 1024;

/** Takes PAGE_DATA records: gives the domain the pages and reads their contents straight into its memory. */
export class PageReceiver {
  pagesRead = 0;
  readonly mismatches: number[] = [];
  private readonly unmapping: Promise<void>[] = [];

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    private readonly guest: RestoreGuest,
    private readonly populator: Populator,
  ) {}

  /** The record's pfns were checked. @param verify compare with what the domain holds, rather than write */
  async take(record: PageDataRecord, verify: boolean): Promise<void> {
    const { pfns, types } = record;
    await this.populator.populate(pfns, types);
    this.guest.setPageTypes(pfns, types);
    const sent: number[] = [];
    for (let i = 0; i < types.length; i++) if (hasPageData(types[i]!)) sent.push(i);
    this.pagesRead += pfns.length;
    if (sent.length === 0) return;
    if (verify) await this.compare(record, sent);
    else await this.receive(record, sent);
  }

  /** Nothing of the domain is mapped any more: a writable mapping would keep a page from becoming a page table. */
  async settle(): Promise<void> {
    await Promise.all(this.unmapping.splice(0));
  }

  private async receive(record: PageDataRecord, sent: readonly number[]): Promise<void> {
    const mapping = await this.map(record, sent, 'write');
    try {
      await record.body.readInto(mapping.runs(0, sent.length));
      await this.localise(record, sent, mapping);
    } finally {
      // The next record is read meanwhile; settle() meets what fails.
      const unmapped = mapping.unmap();
      unmapped.catch(() => undefined);
      this.unmapping.push(unmapped);
    }
    if (this.unmapping.length >= UNMAPPINGS_IN_FLIGHT) await this.unmapping.shift();
  }

  private async localise(record: PageDataRecord, sent: readonly number[], mapping: ForeignMapping): Promise<void> {
    const tables: number[] = [];
    for (let at = 0; at < sent.length; at++) {
      if (this.guest.needsLocalising(record.types[sent[at]!]!)) tables.push(at);
    }
    if (tables.length === 0) return;
    const unseen: number[] = [];
    for (const at of tables) this.guest.collectUnseen(record.pfns[sent[at]!]!, mapping.page(at), unseen);
    await this.populator.populateUnseen(unseen);
    for (const at of tables) this.guest.localisePage(record.pfns[sent[at]!]!, mapping.page(at));
  }

  private async compare(record: PageDataRecord, sent: readonly number[]): Promise<void> {
    const mapping = await this.map(record, sent, 'read');
    const table = new Uint8Array(4096);
    try {
      for (let at = 0; at < sent.length; at++) {
        const pfn = record.pfns[sent[at]!]!;
        let page = await record.body.next();
        if (page === undefined)
          throw new RestoreFault('BAD_RECORD', 'the record has fewer pages than it says', { pfn });
        if (this.guest.needsLocalising(record.types[sent[at]!]!)) {
          table.set(page);
          page = table;
          const unseen: number[] = [];
          this.guest.collectUnseen(pfn, page, unseen);
          await this.populator.populateUnseen(unseen);
          this.guest.localisePage(pfn, page);
        }
        if (Buffer.compare(page, mapping.page(at)) !== 0 && this.mismatches.length < MAX_MISMATCHES) {
          this.mismatches.push(pfn);
        }
      }
    } finally {
      await mapping.unmap();
    }
  }

  private async map(
    { pfns }: PageDataRecord,
    sent: readonly number[],
    access: 'read' | 'write',
  ): Promise<ForeignMapping> {
    const gfns = Float64Array.from(sent, (i) => this.guest.gfnOf(pfns[i]!));
    const mapping = await this.hypervisor.mapForeign(this.domid, gfns, access);
    const failed = mapping.errors.findIndex((errno) => errno !== 0);
    if (failed < 0) return mapping;
    const pfn = pfns[sent[failed]!]!;
    const errno = mapping.errors[failed];
    await mapping.unmap();
    throw new RestoreFault('MAP_FAILED', `the page at pfn ${hexPfn(pfn)} can't be mapped (errno ${errno})`, { pfn });
  }
}
