import { PAGE_DATA, PAGE_SIZE, RECORD_HEADER } from '../libxc/layouts.js';
import { hasPageData } from '../libxc/page-types.js';
import type { LibxcHeaders, LibxcRecord, PageDataRecord, RecordPosition } from '../libxc/records.js';
import { streamEvents } from '../stream/events.js';
import { ChainError } from './chain-error.js';
import type { ChainFile } from './chain-file.js';
import { MAX_FILES, PageIndex } from './page-index.js';
import { type PfnRun, readPopulated, readSnapshot, type Snapshot } from './snapshot.js';

/** What one file of a chain adds to it. */
export interface ChainPoint extends Snapshot {
  /** Pages with content. */
  readonly pages: number;
  /** Of the file, its outer layers included. */
  readonly bytes: number;
}

export interface Chain {
  readonly points: readonly ChainPoint[];
  readonly index: PageIndex;
  /** Which pfns have memory at the last point; undefined where that is the base, which says it page by page. */
  readonly populated: readonly PfnRun[] | undefined;
}

/**
 * Reads a base and its deltas, in their order, and finds where each page's last content is. Holds 10 bytes for each of
 * the guest's pages, and none of the pages.
 *
 * @throws ChainError, StreamError
 */
export async function readChain(files: readonly ChainFile[]): Promise<Chain> {
  if (files.length === 0) throw new ChainError('EMPTY', 'a chain has at least a base');
  if (files.length > MAX_FILES)
    throw new ChainError('UNSUPPORTED', `a chain of more than ${MAX_FILES} files; merge some`);
  const index = new PageIndex();
  const points: ChainPoint[] = [];
  let populated: readonly PfnRun[] | undefined;
  let guest: string | undefined;
  for (const [number, file] of files.entries()) {
    const part = await readFile(file, number, index);
    checkPlace(part.snapshot, points.at(-1), number);
    guest ??= part.guest;
    if (part.guest !== guest) {
      throw new ChainError('DIFFERENT_GUESTS', `it holds a ${part.guest} guest, the base a ${guest} one`, number);
    }
    if (number > 0 && part.populated === undefined) {
      throw new ChainError('BAD_RECORD', 'it does not say which pages the guest has', number);
    }
    populated = part.populated;
    points.push({ ...part.snapshot, pages: part.pages, bytes: part.bytes });
  }
  return { points, index, populated };
}

interface FilePart {
  readonly snapshot: Snapshot;
  readonly populated: readonly PfnRun[] | undefined;
  /** Type and, for PV, width. */
  readonly guest: string;
  readonly pages: number;
  readonly bytes: number;
}

async function readFile(file: ChainFile, number: number, index: PageIndex): Promise<FilePart> {
  const reader = await file.open();
  let snapshot: Snapshot | undefined;
  let populated: readonly PfnRun[] | undefined;
  let guest = '';
  let pages = 0;
  let verifying = false;
  try {
    for await (const event of streamEvents(reader)) {
      if (event.kind === 'libxc-header') guest = guestOf(event.header, number);
      if (event.kind !== 'libxc-record') continue;
      const { record } = event;
      snapshot ??= readSnapshot(record);
      populated = readPopulated(record) ?? populated;
      if (record.type === 'X86_PV_INFO') guest += ` ${record.guestWidth * 8}-bit`;
      if (record.type === 'CHECKPOINT') throw new ChainError('UNSUPPORTED', 'a checkpointed stream', number);
      verifying ||= record.type === 'VERIFY';
      if (record.type !== 'PAGE_DATA') continue;
      if (snapshot === undefined) throw new ChainError('NOT_A_SNAPSHOT', 'it is no incremental save', number);
      if (!verifying) pages += indexPages(record, number, index);
    }
    if (snapshot === undefined) throw new ChainError('NOT_A_SNAPSHOT', 'it is no incremental save', number);
    return { snapshot, populated, guest, pages, bytes: reader.offset };
  } finally {
    await reader.close();
  }
}

function guestOf({ endian, guestType }: LibxcHeaders, number: number): string {
  if (endian !== 'little') throw new ChainError('UNSUPPORTED', 'a big-endian stream', number);
  return guestType;
}

/** @returns how many of the pages have content */
function indexPages(record: PageDataRecord & RecordPosition, file: number, index: PageIndex): number {
  const { pfns, types, offset } = record;
  let at = offset + RECORD_HEADER.size + PAGE_DATA.size + pfns.length * 8;
  for (let i = 0; i < pfns.length; i++) {
    const type = types[i]!;
    index.set(pfns[i]!, type, file, at);
    if (hasPageData(type)) at += PAGE_SIZE;
  }
  return record.pageCount;
}

function checkPlace({ id, parent }: Snapshot, before: Snapshot | undefined, number: number): void {
  if (before === undefined && parent !== undefined) {
    throw new ChainError('WRONG_PARENT', `it is a delta of ${parent}; a chain begins with a base`, number);
  }
  if (before !== undefined && parent !== before.id) {
    const says = parent === undefined ? 'is a base itself' : `builds upon ${parent}`;
    throw new ChainError('WRONG_PARENT', `${id} ${says}, the file before it is ${before.id}`, number);
  }
}

/** Records of the chain's own, which a merged stream does not have as they are. */
export function isOfChain(record: LibxcRecord): boolean {
  return readSnapshot(record) !== undefined || readPopulated(record) !== undefined;
}
