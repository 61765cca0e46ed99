import { hasPageData, isKnownPageType, type LibxcWriter, PAGE_TYPE } from '@xen-migration/stream-format';
import { PageBitmap } from '../bitmap.js';
import { framesAt } from '../frame-lists.js';
import { type FrameList, INVALID_FRAME, MAX_BATCH, PAGE_SIZE } from '../hypervisor/frames.js';
import type { ForeignMapping, Hypervisor } from '../hypervisor/hypervisor.js';
import { copySettled } from '../x86/settled-copy.js';
import { wordsOf } from '../x86/words.js';
import { SaveFault } from './errors.js';
import type { SaveGuest } from './guest-type.js';

/**
 * Batches under way at once: while one is written, the hypervisor is asked for the types and the mapping of the next
 * ones. More would only hold more of the guest mapped.
 */
const BATCHES_IN_FLIGHT = 3;

/** Of a pass over the guest's pages. */
export interface Pass {
  /** Whether the guest runs, so that pages may be deferred. */
  readonly running: boolean;
  /** Whether the stream has named none of the pages yet, so that where there is no memory nothing needs to be said. */
  readonly first: boolean;
}

/** Told of each batch; either may throw to stop. */
export interface BatchWatch {
  /** It is about to be written. */
  before(): void;
  /** With the entries that were written. */
  after(entries: number): void;
}

/** One PAGE_DATA record, mapped and ready to be written. */
interface Batch {
  readonly pfns: FrameList;
  readonly types: Uint8Array;
  /** The pages that have data, in the order of `pfns`; several that lie side by side may be one view. */
  readonly pages: readonly Uint8Array[];
  /** Where translated page tables are, and copies of pages where the mapping makes some; to be used again. */
  readonly room: Uint8Array | undefined;
  readonly mapping: ForeignMapping | undefined;
}

/**
 * Sends pages of the guest: asks for their types, maps them, translates page tables, and hands all that to the writer;
 * of other pages no copy is made here.
 *
 * What can't be sent while the guest runs (a frame that does not exist yet, a page table in the middle of a change) is
 * deferred: it goes out as a page without data, and is remembered for the final pass.
 */
export class PageSender {
  private readonly deferred: PageBitmap;
  private deferredCount = 0;
  private readonly freeRooms: Uint8Array[] = [];
  private readonly settled = new Uint8Array(PAGE_SIZE);

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    private readonly guest: SaveGuest,
    private readonly writer: LibxcWriter,
  ) {
    this.deferred = new PageBitmap(guest.pfnCount);
  }

  /** Adds the deferred pages to `pages` and forgets them. @returns how many there were */
  takeDeferred(pages: PageBitmap): number {
    const count = this.deferredCount;
    pages.add(this.deferred);
    this.deferred.clearAll();
    this.deferredCount = 0;
    return count;
  }

  /** Sends the pages whose bits are set. */
  async send(pages: PageBitmap, { running, first }: Pass, watch: BatchWatch): Promise<void> {
    const coming: Promise<Batch>[] = [];
    const unmapping: Promise<void>[] = [];
    const writeNext = async (): Promise<void> => {
      const batch = await coming[0]!;
      watch.before();
      // Most of an HVM guest's 4 GiB of pfns are holes. A receiver gives memory to pfns that it is told of alone.
      if (!first || !isHole(batch)) await this.writer.pageData(batch.pfns, batch.types, batch.pages);
      coming.shift();
      unmapping.push(handled(this.release(batch)));
      if (unmapping.length >= BATCHES_IN_FLIGHT) await unmapping.shift();
      watch.after(batch.pfns.length);
    };
    try {
      for (const pfns of pages.batches(MAX_BATCH)) {
        coming.push(handled(this.prepare(pfns, running)));
        if (coming.length >= BATCHES_IN_FLIGHT) await writeNext();
      }
      while (coming.length > 0) await writeNext();
      await Promise.all(unmapping);
    } finally {
      await this.releaseAll(coming, unmapping);
    }
  }

  private async prepare(pfns: FrameList, running: boolean): Promise<Batch> {
    const gfns = this.guest.gfnsOf(pfns);
    if (running) this.deferMissing(pfns, gfns);
    const types = await this.hypervisor.pageTypes(this.domid, gfns);
    const withData = indicesWithData(pfns, types);
    if (withData.length === 0) return { pfns, types, pages: [], room: undefined, mapping: undefined };

    const mapping = await this.hypervisor.mapForeign(this.domid, framesAt(gfns, withData), 'read');
    const room = this.freeRooms.pop() ?? new Uint8Array(MAX_BATCH * PAGE_SIZE);
    try {
      const pages = await this.collectPages(pfns, types, withData, mapping, room, running);
      return { pfns, types, pages, room, mapping };
    } catch (e) {
      await this.release({ pfns, types, pages: [], room, mapping });
      throw e;
    }
  }

  /** The mapped pages in order, whole runs where nothing comes between; marks in `types` what had to be deferred. */
  private async collectPages(
    pfns: FrameList,
    types: Uint8Array,
    withData: Uint32Array,
    mapping: ForeignMapping,
    room: Uint8Array,
    running: boolean,
  ): Promise<Uint8Array[]> {
    const pages: Uint8Array[] = [];
    let runStart = 0;
    const endRun = async (at: number) => {
      const part = room.subarray(runStart * PAGE_SIZE, at * PAGE_SIZE);
      if (at > runStart) pages.push(...(await mapping.read(runStart, at, part)));
      runStart = at + 1;
    };
    for (let at = 0; at < withData.length; at++) {
      const i = withData[at]!;
      if (mapping.errors[at] !== 0) {
        // Between the two questions the guest may have given the frame away.
        if (!running) throw unmappable(pfns[i]!, mapping.errors[at]!);
        this.defer(pfns, types, i);
        await endRun(at);
      } else if (this.guest.needsNormalising(types[i]!)) {
        const table = room.subarray(at * PAGE_SIZE, (at + 1) * PAGE_SIZE);
        const translated = this.translate(pfns, types, i, mapping.page(at), table, running);
        await endRun(at);
        if (translated) pages.push(table);
      }
    }
    await endRun(withData.length);
    return pages;
  }

  /** @returns whether the page is in `target`, as it goes into the stream; if not, it was deferred */
  private translate(
    pfns: FrameList,
    types: Uint8Array,
    i: number,
    page: Uint8Array,
    target: Uint8Array,
    running: boolean,
  ): boolean {
    // Other than a running guest's, a table can't change under our eyes.
    if (running && !copySettled(page, this.settled)) {
      this.defer(pfns, types, i);
      return false;
    }
    const problem = this.guest.normalisePage(types[i]!, running ? this.settled : page, wordsOf(target));
    if (problem === undefined) return true;

    const where = { pfn: pfns[i]!, entry: problem.entry, mfn: problem.frame };
    const text = `page table at pfn 0x${where.pfn.toString(16)}, entry ${where.entry}`;
    if (problem.reason === 'superpage') {
      throw new SaveFault('SUPERPAGE', `${text} maps a superpage, which no PV guest can be restored with`, where);
    }
    if (!running || problem.reason !== 'untranslatable') {
      throw new SaveFault(
        'UNTRANSLATABLE_ENTRY',
        `${text} maps mfn 0x${where.mfn.toString(16)}, which is not the guest's memory (${problem.reason}); ` +
          'a suspended guest must not map foreign frames',
        where,
      );
    }
    this.defer(pfns, types, i);
    return false;
  }

  private deferMissing(pfns: FrameList, gfns: FrameList): void {
    for (let i = 0; i < pfns.length; i++) if (gfns[i] === INVALID_FRAME) this.mark(pfns[i]!);
  }

  private defer(pfns: FrameList, types: Uint8Array, i: number): void {
    this.mark(pfns[i]!);
    types[i] = PAGE_TYPE.XTAB;
  }

  private mark(pfn: number): void {
    if (this.deferred.test(pfn)) return;
    this.deferred.set(pfn);
    this.deferredCount++;
  }

  private async release(batch: Batch): Promise<void> {
    if (batch.room !== undefined) this.freeRooms.push(batch.room);
    await batch.mapping?.unmap();
  }

  /** After a failure: nothing stays mapped, whatever is still under way. */
  private async releaseAll(coming: readonly Promise<Batch>[], unmapping: readonly Promise<void>[]): Promise<void> {
    for (const batch of await Promise.allSettled(coming)) {
      if (batch.status === 'fulfilled') await this.release(batch.value).catch(() => undefined);
    }
    await Promise.allSettled(unmapping);
  }
}

/** A rejection is met where the promise is awaited, which may be later. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

function indicesWithData(pfns: FrameList, types: Uint8Array): Uint32Array {
  const indices = new Uint32Array(types.length);
  let count = 0;
  for (let i = 0; i < types.length; i++) {
    const type = types[i]!;
    if (!isKnownPageType(type)) {
      throw new SaveFault('UNKNOWN_PAGE_TYPE', `pfn 0x${pfns[i]!.toString(16)} is of unknown type ${type}`, {
        pfn: pfns[i]!,
      });
    }
    if (hasPageData(type)) indices[count++] = i;
  }
  return indices.subarray(0, count);
}

function isHole({ types }: Batch): boolean {
  return types.every((type) => type === PAGE_TYPE.XTAB);
}

function unmappable(pfn: number, errno: number): SaveFault {
  return new SaveFault('MAP_FAILED', `pfn 0x${pfn.toString(16)} is memory, but can't be mapped (errno ${errno})`, {
    pfn,
  });
}
