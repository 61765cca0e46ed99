import { type FrameList, INVALID_FRAME, PAGE_SIZE } from '../hypervisor/frames.js';
import type { ForeignMapping, Hypervisor } from '../hypervisor/hypervisor.js';
import { unfoldCr3 } from './cr3.js';
import type { PvLayout } from './layout.js';
import type { MachineToPhys } from './m2p.js';
import { guestPfnOf, P2m } from './p2m.js';
import { readFrame, readWord, wordsOf } from './words.js';

/**
 * Finding a running PV guest's p2m from its shared_info: a three-level tree of pages (the "frame list list"), or a
 * linear array in the guest's virtual memory that is found through page tables. The linear one is preferred where a
 * guest offers both, for only it says when its structure changes.
 */
export interface GuestP2m {
  readonly p2m: P2m;
  /** The pfn of each page of the p2m itself: what X86_PV_P2M_FRAMES carries. */
  readonly frames: FrameList;
  readonly kind: 'tree' | 'linear';
  unmap(): Promise<void>;
}

/** The p2m that shared_info describes can't be used. */
export class BadP2mError extends Error {
  override readonly name = 'BadP2mError';
}

interface Search {
  readonly hypervisor: Hypervisor;
  readonly domid: number;
  readonly layout: PvLayout;
  /** The guest's shared_info page, live. */
  readonly sharedInfo: Uint8Array;
  readonly m2p: MachineToPhys;
}

/** The pages of a p2m, before any of them is mapped. */
interface Leaves {
  readonly mfns: FrameList;
  readonly maxPfn: number;
}

/** More pfns than X86_PV_P2M_FRAMES can number. */
const MAX_PFNS = 2 ** 32;

/** @throws BadP2mError, HypervisorError */
export async function mapGuestP2m(search: Search): Promise<GuestP2m> {
  const { layout, sharedInfo } = search;
  const pfns = Number(readWord(sharedInfo, layout.sharedInfo.pfnCount, layout.width));
  if (pfns === 0) throw new BadP2mError('the guest has not set up a p2m (shared_info.arch.max_pfn is 0)');
  if (pfns > MAX_PFNS) throw new BadP2mError(`the guest claims ${pfns} pfns, more than ${MAX_PFNS}`);
  const linear = readWord(sharedInfo, layout.sharedInfo.p2mCr3, layout.width) !== 0n;
  const leaves = linear ? await linearLeaves(search, pfns - 1) : await treeLeaves(search, pfns - 1);
  return mapLeaves(search, leaves, linear ? 'linear' : 'tree');
}

/** Changes whenever a guest with a linear p2m moves it; odd while it does. */
export function p2mGeneration(sharedInfo: Uint8Array, layout: PvLayout): bigint {
  return readWord(sharedInfo, layout.sharedInfo.p2mGeneration, layout.width);
}

async function mapLeaves(search: Search, leaves: Leaves, kind: GuestP2m['kind']): Promise<GuestP2m> {
  const mapping = await mapAll(search, leaves.mfns, 'p2m');
  try {
    const pages = Array.from(leaves.mfns, (_, i) => wordsOf(mapping.page(i)));
    const p2m = new P2m(search.layout.width, pages, leaves.maxPfn);
    const frames = leaves.mfns.map((mfn, i) => {
      const pfn = guestPfnOf({ m2p: search.m2p, p2m }, mfn);
      if (pfn === INVALID_FRAME) throw new BadP2mError(`page ${i} of the p2m (mfn ${hex(mfn)}) is not the guest's own`);
      return pfn;
    });
    return { p2m, frames, kind, unmap: () => mapping.unmap() };
  } catch (e) {
    await mapping.unmap();
    throw e;
  }
}

// --- tree

async function treeLeaves(search: Search, claimedMaxPfn: number): Promise<Leaves> {
  const { layout, sharedInfo } = search;
  const shift = layout.entryShift;
  const perTop = 2 ** (2 * shift);
  if (claimedMaxPfn >= 2 ** (3 * shift)) {
    throw new BadP2mError(`a p2m tree has no room for pfn ${claimedMaxPfn}`);
  }
  const top = readFrame(sharedInfo, layout.sharedInfo.frameListList, layout.width);
  checkMfn(search, top, 'the p2m tree (pfn_to_mfn_frame_list_list)');
  const allMids = await readFrames(search, Float64Array.of(top), Math.floor(claimedMaxPfn / perTop) + 1, 'frame list');
  // A guest that leaves room for hot-plugged memory lets one mid page with no frames in it stand for all of the rest:
  // one of those is enough.
  const mids = allMids.subarray(0, startOfTrailingRun(allMids) + 1);
  const maxPfn = Math.min(claimedMaxPfn, mids.length * perTop - 1);
  const mfns = await readFrames(search, mids, Math.floor(maxPfn / 2 ** shift) + 1, 'p2m page');
  return { mfns, maxPfn };
}

/** The first `count` guest words of some pages, taken as one list of mfns, each of them checked. */
async function readFrames(search: Search, pages: FrameList, count: number, what: string): Promise<FrameList> {
  const { width, entryShift } = search.layout;
  const mapping = await mapAll(search, pages, `page that lists each ${what}`);
  try {
    return Float64Array.from({ length: count }, (_, i) => {
      const frame = readFrame(mapping.page(i >>> entryShift), (i % 2 ** entryShift) * width, width);
      checkMfn(search, frame, `${what} ${i}`);
      return frame;
    });
  } finally {
    await mapping.unmap();
  }
}

// --- linear

async function linearLeaves(search: Search, claimedMaxPfn: number): Promise<Leaves> {
  const { layout, sharedInfo } = search;
  const cr3 = readWord(sharedInfo, layout.sharedInfo.p2mCr3, layout.width);
  const root = unfoldCr3(cr3, layout.width);
  checkMfn(search, root, `the linear p2m's page-table root (p2m_cr3 0x${cr3.toString(16)})`);

  let pages = Math.floor(claimedMaxPfn / 2 ** layout.entryShift) + 1;
  const virtual = readWord(sharedInfo, layout.sharedInfo.p2mVaddr, layout.width);
  checkRange(layout, virtual, virtual + BigInt(pages * PAGE_SIZE) - 1n);
  const start = Number(BigInt.asUintN(layout.virtualBits, virtual));

  let maxPfn = claimedMaxPfn;
  let tables: FrameList = Float64Array.of(root);
  // The address that entry 0 of the first of `tables` maps.
  let base = 0;
  for (let level: number = layout.levels; level >= 1; level--) {
    const span = 2 ** (9 * level + 3);
    const first = Math.floor((start - base) / span);
    const last = Math.floor((start + pages * PAGE_SIZE - 1 - base) / span);
    let entries = await readEntries(search, tables, first, last - first + 1, level);
    base += first * span;
    if (level === 2) {
      const kept = startOfTrailingRun(entries);
      if (kept > 0 && kept < entries.length - 1) {
        // Entries that repeat the same table map no frames: drop them all, and with them the pfns behind.
        entries = entries.subarray(0, kept);
        pages = Math.min(pages, Math.floor((base + kept * span - start) / PAGE_SIZE));
        maxPfn = Math.min(maxPfn, pages * 2 ** layout.entryShift - 1);
      }
    }
    tables = entries;
  }
  return { mfns: tables, maxPfn };
}

/** The frames in `count` page-table entries from `first` on, where `tables` lie side by side. */
async function readEntries(
  search: Search,
  tables: FrameList,
  first: number,
  count: number,
  level: number,
): Promise<FrameList> {
  const mapping = await mapAll(search, tables, `level-${level} table of the linear p2m`);
  try {
    return Float64Array.from({ length: count }, (_, i) => {
      const entry = first + i;
      const words = wordsOf(mapping.page(Math.floor(entry / 512)));
      const low = words[(entry % 512) * 2]!;
      const high = words[(entry % 512) * 2 + 1]!;
      const frame = (high & 0x000f_ffff) * 2 ** 20 + (low >>> 12);
      checkMfn(search, frame, `level-${level} entry ${entry} of the linear p2m`);
      return frame;
    });
  } finally {
    await mapping.unmap();
  }
}

function checkRange(layout: PvLayout, first: bigint, last: bigint): void {
  const text = `the linear p2m at 0x${first.toString(16)}..0x${last.toString(16)}`;
  const [holeFirst, holeLast] = layout.hypervisorHole;
  if (first <= holeLast && last >= holeFirst) throw new BadP2mError(`${text} lies where Xen does`);
  if (last >> BigInt(layout.width * 8) !== 0n) throw new BadP2mError(`${text} wraps around`);
  if (layout.width === 4) return;
  const canonical = (va: bigint) => BigInt.asUintN(64, BigInt.asIntN(48, va)) === va;
  if (!canonical(first) || !canonical(last)) throw new BadP2mError(`${text} is no canonical address`);
}

// --- both

/** Index of the first element of the run of equal values that ends the list. */
function startOfTrailingRun(list: FrameList): number {
  let start = list.length - 1;
  while (start > 0 && list[start - 1] === list[start]) start--;
  return start;
}

function checkMfn(search: Search, mfn: number, what: string): void {
  if (mfn > 0 && mfn <= search.m2p.maxMfn) return;
  throw new BadP2mError(
    `bad mfn ${hex(mfn)} for ${what}: has the guest registered its p2m (again, if it was restored)?`,
  );
}

async function mapAll(search: Search, mfns: FrameList, what: string): Promise<ForeignMapping> {
  const mapping = await search.hypervisor.mapForeign(search.domid, mfns, 'read');
  const failed = mapping.errors.findIndex((errno) => errno !== 0);
  if (failed < 0) return mapping;
  await mapping.unmap();
  throw new BadP2mError(`${what}: mfn ${hex(mfns[failed]!)} can't be mapped (errno ${mapping.errors[failed]})`);
}

function hex(frame: number): string {
  return frame === INVALID_FRAME ? 'all ones' : `0x${frame.toString(16)}`;
}
