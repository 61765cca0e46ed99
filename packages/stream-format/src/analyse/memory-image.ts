import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError } from '../errors/stream-error.js';
import { PAGE_DATA, PAGE_SIZE } from '../libxc/layouts.js';
import { hasPageData, needsMemory } from '../libxc/page-types.js';
import { LIBXC_RECORD } from '../libxc/record-types.js';
import type { PageDataRecord, RecordPosition } from '../libxc/records.js';
import { streamEvents } from '../stream/events.js';
import { type PageBatch, PageBatches } from '../stream/page-batches.js';
import { ELF_PAGES_AT, elfCore } from './elf-core.js';
import { GuestState } from './guest-state.js';
import { isZeroPage, WORDS_PER_PAGE } from './page-hash.js';
import { withPlace } from './page-prints.js';
import { CHUNK_PFNS, PfnTable } from './pfn-table.js';
import { vcpuRegisters } from './vcpu-registers.js';
import { requireWholeGuest } from './whole-guest.js';

export type ImageFormat = 'raw' | 'elf';

/** A file of which any part can be written. What is never written reads as zeros. */
export interface ImageFile {
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Makes the file so long. */
  truncate(size: number): Promise<void>;
}

export interface ImageReport {
  readonly format: ImageFormat;
  /** Bytes of the file, holes included. */
  readonly size: number;
  /** Pages that the guest has memory for. */
  readonly pages: number;
  /** Of these, how many hold nothing but zeros, or nothing that the stream says. */
  readonly zero: number;
  /** Runs of pages without a gap. */
  readonly runs: number;
  /** vcpus whose registers are in the image. */
  readonly vcpus: number;
}

/** Offsets beyond this are no exact numbers any more; no file system has such files. */
const PFN_END = 2 ** 40;
const NOTHING = new Uint8Array(PAGE_SIZE);

/**
 * Writes the guest's memory as it is at the stream's end. Raw: pfn n at n * 4096. ELF: a core file with physical
 * addresses and the registers of the vcpus. Memory: 4 bytes per pfn.
 * @throws StreamError; what the file throws
 */
export async function writeMemoryImage(reader: ByteReader, file: ImageFile, format: ImageFormat): Promise<ImageReport> {
  const state = new GuestState();
  const image = new Image(file, format === 'elf' ? ELF_PAGES_AT : 0);
  for await (const event of streamEvents(reader)) {
    state.take(event);
    if (event.kind !== 'libxc-record') continue;
    requireWholeGuest(event.record);
    if (event.record.type !== 'PAGE_DATA') continue;
    await image.take(event.record);
  }
  const runs = [...image.pages.runs(needsMemory)];
  const last = runs.at(-1);
  const counts = { format, ...image.count(), runs: runs.length };
  if (format === 'raw') {
    const size = last === undefined ? 0 : (last.start + last.count) * PAGE_SIZE;
    await file.truncate(size);
    return { ...counts, size, vcpus: 0 };
  }
  const vcpus = vcpuRegisters(state);
  const { header, tail, tailAt } = elfCore(runs, vcpus);
  let size = tailAt;
  for (const part of tail) {
    await file.write(size, part);
    size += part.length;
  }
  await file.write(0, header);
  return { ...counts, size, vcpus: vcpus.length };
}

class Image {
  readonly pages = new PfnTable({ history: true });
  private readonly batches = new PageBatches();

  constructor(
    private readonly file: ImageFile,
    private readonly pagesAt: number,
  ) {}

  async take(record: PageDataRecord & RecordPosition): Promise<void> {
    for (const pfn of record.pfns) if (pfn >= PFN_END) throw tooHigh(record, pfn);
    await withPlace(record, async () => {
      for (const [entry, type] of record.types.entries()) {
        if (!hasPageData(type)) await this.withoutData(record.pfns[entry] ?? 0, type);
      }
      for await (const batch of this.batches.of(record)) await this.write(batch);
    });
  }

  /** Pages that the guest has, and how many of them are zeros. */
  count(): { pages: number; zero: number } {
    let [pages, zero] = [0, 0];
    for (const base of this.pages.bases()) {
      const chunk = this.pages.find(base);
      for (const [slot, known] of chunk?.types.entries() ?? []) {
        if (known === 0 || !needsMemory(known - 1)) continue;
        pages++;
        if (!hasPageData(known - 1) || chunk?.zero[slot] === 1) zero++;
      }
    }
    return { pages, zero };
  }

  /** Writes the batch's pages, neighbours in one piece, and leaves out zeros where nothing was written before. */
  private async write({ count, pfns, types, bytes, words }: PageBatch): Promise<void> {
    let first = 0;
    let length = 0;
    const flush = async () => {
      if (length === 0) return;
      const offset = this.pagesAt + (pfns[first] ?? 0) * PAGE_SIZE;
      await this.file.write(offset, bytes.subarray(first * PAGE_SIZE, (first + length) * PAGE_SIZE));
      length = 0;
    };
    for (let i = 0; i < count; i++) {
      const pfn = pfns[i] ?? 0;
      const wanted = this.note(pfn, types[i] ?? 0, isZeroPage(words, i * WORDS_PER_PAGE));
      if (length > 0 && (!wanted || pfn !== (pfns[i - 1] ?? 0) + 1)) await flush();
      if (!wanted) continue;
      if (length === 0) first = i;
      length++;
    }
    await flush();
  }

  /** Whether the page must be written. */
  private note(pfn: number, type: number, zero: boolean): boolean {
    const before = this.written(pfn);
    this.pages.set(pfn, type).zero[pfn % CHUNK_PFNS] = zero ? 1 : 0;
    return !zero || before;
  }

  private async withoutData(pfn: number, type: number): Promise<void> {
    if (this.written(pfn)) await this.file.write(this.pagesAt + pfn * PAGE_SIZE, NOTHING);
    this.pages.remove(pfn);
    if (needsMemory(type)) this.pages.set(pfn, type);
  }

  /** Whether the file has something other than zeros for the pfn. */
  private written(pfn: number): boolean {
    const type = this.pages.typeOf(pfn);
    if (type === undefined || !hasPageData(type)) return false;
    return this.pages.find(pfn)?.zero[pfn % CHUNK_PFNS] === 0;
  }
}

function tooHigh({ offset, index }: RecordPosition, pfn: number): StreamError {
  return new StreamError(`pfn 0x${pfn.toString(16)} is beyond what a file can hold`, {
    code: 'BAD_VALUE',
    rule: 'image-pfn',
    offset,
    layer: 'libxc',
    record: { index, type: LIBXC_RECORD.PAGE_DATA, name: 'PAGE_DATA' },
    spec: PAGE_DATA.spec,
  });
}
