import { hasPageData, type LibxcRecord } from '@xen-migration/stream-format';
import { allDone } from '../all-done.js';
import { FrameStack, framesAt } from '../frame-lists.js';
import { MAX_BATCH, PAGE_SIZE } from '../hypervisor/frames.js';
import type { ForeignMapping, Hypervisor } from '../hypervisor/hypervisor.js';
import { faultOf, hexPfn, RestoreFault } from './errors.js';
import type { RestoreGuest } from './guest-type.js';
import type { Populator } from './populate.js';

export type PageDataRecord = Extract<LibxcRecord, { type: 'PAGE_DATA' }>;

/** Portions on their way into the domain while the next one is read: one is written, one mapped, one given memory. */
const PORTIONS_UNDER_WAY = 3;
/** Unmappings under way while the next portion is written. */
const UNMAPPINGS_IN_FLIGHT = 2;
/** Page tables whose unseen pfns are collected: a portion of nothing but tables may name half a million. */
const TABLES_AT_ONCE = 8;
/** Differing pages that a verification names. */
const MAX_MISMATCHES = 1024;

/** A part of a PAGE_DATA record, which may be longer than can be mapped at once. */
interface Portion {
  readonly record: PageDataRecord;
  readonly pfns: Float64Array;
  readonly types: Uint8Array;
  /** Which of the pfns have data. */
  readonly sent: Uint32Array;
  /** That data. */
  readonly contents: Uint8Array;
}

/**
 * Takes PAGE_DATA records: gives the domain the pages and puts their contents into its memory. While one portion is
 * read, those before it are given memory, mapped, localised and written, each on its own way but written in their order:
 * of a page that is sent twice, the last word counts.
 */
export class PageReceiver {
  pagesRead = 0;
  readonly mismatches: number[] = [];
  private readonly underWay: Promise<void>[] = [];
  private readonly unmapping: Promise<void>[] = [];
  private readonly freeBuffers: Uint8Array[] = [];
  /** The last portion is in the domain. */
  private written: Promise<void> = Promise.resolve();

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    private readonly guest: RestoreGuest,
    private readonly populator: Populator,
  ) {}

  /**
   * The record's pfns were checked. When it resolves the record has been read; settle() waits until it is in the domain.
   *
   * @param verify compare with what the domain holds, rather than write; all before must have been settled
   * @throws RestoreFault of this record or an earlier one; `details.record` says of which
   */
  async take(record: PageDataRecord, verify: boolean): Promise<void> {
    const { pfns, types } = record;
    this.pagesRead += pfns.length;
    if (verify) return this.verify(record);
    for (let from = 0; from < pfns.length; from += MAX_BATCH) {
      // Copies: the reader's own are used again.
      await this.takePortion(record, pfns.slice(from, from + MAX_BATCH), types.slice(from, from + MAX_BATCH));
    }
  }

  /**
   * All that was taken is in the domain, and nothing of it is mapped any more: a writable mapping would keep a page from
   * becoming a page table. @throws the first failure, after all has ended
   */
  async settle(): Promise<void> {
    const placed = this.underWay.splice(0);
    // The last unmappings begin while these are placed.
    await Promise.allSettled(placed);
    await allDone([...placed, ...this.unmapping.splice(0)]);
  }

  private async takePortion(record: PageDataRecord, pfns: Float64Array, types: Uint8Array): Promise<void> {
    if (this.underWay.length === PORTIONS_UNDER_WAY) await this.underWay.shift();
    this.guest.setPageTypes(pfns, types);
    const sent = indicesWithData(types);
    const populated = handled(this.populator.populate(pfns, types));
    const buffer = this.freeBuffers.pop() ?? new Uint8Array(MAX_BATCH * PAGE_SIZE);
    const contents = buffer.subarray(0, sent.length * PAGE_SIZE);
    if (sent.length > 0) await record.body.readInto([contents]);
    const placed = this.place({ record, pfns, types, sent, contents }, populated, this.written);
    this.written = handled(placed);
    this.underWay.push(handled(placed.finally(() => this.freeBuffers.push(buffer))));
  }

  private async place(portion: Portion, populated: Promise<void>, before: Promise<void>): Promise<void> {
    try {
      await populated;
      if (portion.sent.length > 0) await this.write(portion, before);
      else await before;
    } catch (e) {
      const { code, message, details } = faultOf(e);
      const { index, type, offset } = portion.record;
      throw new RestoreFault(code, message, { record: { index, type, offset }, ...details });
    }
  }

  private async write(portion: Portion, before: Promise<void>): Promise<void> {
    const { pfns, types, sent, contents } = portion;
    const { earlyPins } = this.guest;
    const map = () => this.map(pfns, sent, 'write');
    const mapping = await (earlyPins === undefined ? map() : earlyPins.whileUnpinned(pfns, map));
    let written = false;
    try {
      await this.localise(portion);
      await before;
      await mapping.write(0, contents);
      written = true;
    } finally {
      const unmapped = mapping.unmap().then(() => (written ? earlyPins?.pinTables(pfns, types) : undefined));
      this.unmapping.push(handled(unmapped));
    }
    if (this.unmapping.length >= UNMAPPINGS_IN_FLIGHT) await this.unmapping.shift();
  }

  private async localise({ pfns, types, sent, contents }: Portion): Promise<void> {
    const page = (at: number) => contents.subarray(at * PAGE_SIZE, (at + 1) * PAGE_SIZE);
    const tables: number[] = [];
    for (let at = 0; at < sent.length; at++) if (this.guest.needsLocalising(types[sent[at]!]!)) tables.push(at);
    if (tables.length === 0) return;
    for (let from = 0; from < tables.length; from += TABLES_AT_ONCE) {
      const some = tables.slice(from, from + TABLES_AT_ONCE);
      const unseen = new FrameStack();
      for (const at of some) this.guest.collectUnseen(pfns[sent[at]!]!, page(at), unseen);
      await this.populator.populateUnseen(unseen.frames);
      for (const at of some) this.guest.localisePage(pfns[sent[at]!]!, page(at));
    }
  }

  private async verify(record: PageDataRecord): Promise<void> {
    const { pfns, types } = record;
    await this.populator.populate(pfns, types);
    this.guest.setPageTypes(pfns, types);
    const sent = indicesWithData(types);
    if (sent.length > 0) await this.compare(record, sent);
  }

  private async compare(record: PageDataRecord, sent: Uint32Array): Promise<void> {
    const mapping = await this.map(record.pfns, sent, 'read');
    const table = new Uint8Array(PAGE_SIZE);
    try {
      for (let at = 0; at < sent.length; at++) {
        const pfn = record.pfns[sent[at]!]!;
        let page = await record.body.next();
        if (page === undefined)
          throw new RestoreFault('BAD_RECORD', 'the record has fewer pages than it says', { pfn });
        if (this.guest.needsLocalising(record.types[sent[at]!]!)) {
          table.set(page);
          page = table;
          const unseen = new FrameStack();
          this.guest.collectUnseen(pfn, page, unseen);
          await this.populator.populateUnseen(unseen.frames);
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

  private async map(pfns: Float64Array, sent: Uint32Array, access: 'read' | 'write'): Promise<ForeignMapping> {
    const gfns = framesAt(pfns, sent);
    for (let at = 0; at < gfns.length; at++) gfns[at] = this.guest.gfnOf(gfns[at]!);
    const mapping = await this.hypervisor.mapForeign(this.domid, gfns, access);
    const failed = mapping.errors.findIndex((errno) => errno !== 0);
    if (failed < 0) return mapping;
    const pfn = pfns[sent[failed]!]!;
    const errno = mapping.errors[failed];
    await mapping.unmap();
    throw new RestoreFault('MAP_FAILED', `the page at pfn ${hexPfn(pfn)} can't be mapped (errno ${errno})`, { pfn });
  }
}

function indicesWithData(types: Uint8Array): Uint32Array {
  const indices = new Uint32Array(types.length);
  let count = 0;
  for (let i = 0; i < types.length; i++) if (hasPageData(types[i]!)) indices[count++] = i;
  return indices.subarray(0, count);
}

/** A rejection is met where the promise is awaited, which may be later. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
