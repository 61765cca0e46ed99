import type { FrameStack } from '../frame-lists.js';
import { INVALID_FRAME } from '../hypervisor/frames.js';
import type { GuestWidth } from './layout.js';
import type { MachineToPhys } from './m2p.js';
import type { P2m, PvAddressSpace } from './p2m.js';

/**
 * Page tables of PV guests hold mfns; the stream holds pfns. Normalising (save) turns mfns into pfns, localising
 * (restore) turns them back. Both work on pairs of 32-bit words (low, high) per entry: a guest of 64 GiB has 30 million
 * entries, and a BigInt for each would cost more than all else.
 *
 * An entry: bit 0 present, bit 7 (above level 1) superpage, bits 12..51 the frame, all other bits kept as they are.
 * An entry that is not present is the guest's own business (a swap entry, say) and travels verbatim.
 */

export const PAGE_TABLE_ENTRIES = 512;

const PRESENT = 0x001;
const SUPERPAGE = 0x080;
const FLAGS_LOW = 0xfff;
const FRAME_HIGH = 0x000f_ffff;
const ALL_ONES = 0xffff_ffff;

/** Level-4 slots of a 64-bit guest that belong to Xen: addresses 0xffff800000000000 up to 0xffff880000000000. */
const XEN_L4_SLOTS = [256, 272] as const;
/** Level-2 slots from 0xf5800000 up, in the one level-2 table of a 32-bit guest that carries Xen's mappings. */
const XEN_L2_SLOTS = [428, 512] as const;
/** A PAE level-3 table has four entries; the rest of its page is Xen's. */
const PAE_L3_SLOTS = [4, 512] as const;
const NO_SLOTS = [512, 512] as const;
/** Where there is no stretch of the m2p, or no leaf of the p2m. */
const NO_WORDS: Uint32Array = new Uint32Array(0);

/** Why a table can't be translated, and at which entry. */
export interface TableFault {
  readonly reason: 'untranslatable' | 'superpage' | 'no-such-level' | 'out-of-range';
  readonly entry: number;
  /** The frame in that entry: an mfn when normalising, a pfn when localising. */
  readonly frame: number;
}

export interface TableKind {
  readonly width: GuestWidth;
  readonly level: number;
  /** First mfn of the compat machine-to-phys table, which only the table with Xen's level-2 slots maps; -1: none. */
  readonly compatMfn: number;
}

/**
 * Copies a page table with its mfns turned into pfns and Xen's own slots zeroed.
 *
 * @param source 1024 words, live: the guest may change them meanwhile, so each is read once
 * @param target 1024 words
 * @returns the first entry that can't be translated, or undefined; after a fault `target` is of no use
 */
export function normaliseTable(
  source: Uint32Array,
  target: Uint32Array,
  kind: TableKind,
  space: PvAddressSpace,
): TableFault | undefined {
  if (kind.level > (kind.width === 8 ? 4 : 3)) return { reason: 'no-such-level', entry: 0, frame: INVALID_FRAME };
  const [from, to] = xenSlots(source, kind);
  target.fill(0, from * 2, to * 2);
  const translate = kind.width === 8 ? normaliseEntries64 : normaliseEntries32;
  const superpage = kind.level > 1 ? SUPERPAGE : 0;
  const fault = translate(source, target, 0, from, superpage, space);
  const entry = fault >= 0 ? fault : translate(source, target, to, PAGE_TABLE_ENTRIES, superpage, space);
  return entry < 0 ? undefined : faultOf(target, entry, superpage);
}

function xenSlots(source: Uint32Array, kind: TableKind): readonly [number, number] {
  if (kind.width === 8) return kind.level === 4 ? XEN_L4_SLOTS : NO_SLOTS;
  if (kind.level === 3) return PAE_L3_SLOTS;
  if (kind.level === 2 && kind.compatMfn >= 0 && frameAt(source, XEN_L2_SLOTS[0]) === kind.compatMfn)
    return XEN_L2_SLOTS;
  return NO_SLOTS;
}

function frameAt(table: Uint32Array, entry: number): number {
  return frameOf(table[entry * 2]!, table[entry * 2 + 1]!);
}

function frameOf(low: number, high: number): number {
  return (high & FRAME_HIGH) * 2 ** 20 + (low >>> 12);
}

/** The loop left the entry that it could not translate in `target` as it had read it. */
function faultOf(target: Uint32Array, entry: number, superpage: number): TableFault {
  const reason = (target[entry * 2]! & superpage) !== 0 ? 'superpage' : 'untranslatable';
  return { reason, entry, frame: frameAt(target, entry) };
}

/**
 * Entries [from, to) of a 64-bit guest's table. A guest of 64 GiB has 30 million: both tables are looked up right here,
 * the m2p first, then the p2m's entry for what that says (see guestPfnOf), in the form that V8 compiles best. Neighbours
 * mostly look into the same stretch and leaf as the one before.
 *
 * @returns the first entry that failed, as it was read in `target`; or -1
 */
function normaliseEntries64(
  source: Uint32Array,
  target: Uint32Array,
  from: number,
  to: number,
  superpage: number,
  { m2p, p2m }: PvAddressSpace,
): number {
  const { stretches, shift } = m2p;
  const { leaves, maxPfn } = p2m;
  const stretchOfHigh = 20 - shift;
  const stretchOfLow = 12 + shift;
  const withinStretch = 2 ** shift - 1;
  let stretch = NO_WORDS;
  let stretchIndex = -1;
  let leaf = NO_WORDS;
  let leafIndex = -1;
  for (let i = from * 2; i < to * 2; i += 2) {
    const low = source[i]!;
    const high = source[i + 1]!;
    if ((low & PRESENT) === 0) {
      target[i] = low;
      target[i + 1] = high;
      continue;
    }
    if ((low & superpage) !== 0) return failed(target, i, low, high);
    const inStretch = ((high & FRAME_HIGH) << stretchOfHigh) | (low >>> stretchOfLow);
    if (inStretch !== stretchIndex) {
      stretch = stretches[inStretch] ?? NO_WORDS;
      stretchIndex = inStretch;
    }
    const at = ((low >>> 12) & withinStretch) << 1;
    const pfn = stretch[at];
    // Past the end of the table both are undefined, which is no pfn either.
    if (pfn === undefined || pfn > maxPfn || stretch[at + 1] !== 0) return failed(target, i, low, high);
    if (pfn >>> 9 !== leafIndex) {
      leafIndex = pfn >>> 9;
      leaf = leaves[leafIndex] ?? NO_WORDS;
    }
    const entry = (pfn & 511) << 1;
    const mfnLow = ((high << 20) | (low >>> 12)) >>> 0;
    const mfnHigh = (high & FRAME_HIGH) >>> 12;
    if (leaf[entry] !== mfnLow || leaf[entry + 1] !== mfnHigh) return failed(target, i, low, high);
    target[i] = (low & FLAGS_LOW) | (pfn << 12);
    target[i + 1] = (high & ~FRAME_HIGH) | (pfn >>> 20);
  }
  return -1;
}

/** The same for a 32-bit (PAE) guest: entries of 8 bytes, but a p2m of 4-byte words. */
function normaliseEntries32(
  source: Uint32Array,
  target: Uint32Array,
  from: number,
  to: number,
  superpage: number,
  { m2p, p2m }: PvAddressSpace,
): number {
  const { stretches, shift } = m2p;
  const { leaves, maxPfn } = p2m;
  const stretchOfHigh = 20 - shift;
  const stretchOfLow = 12 + shift;
  const withinStretch = 2 ** shift - 1;
  let stretch = NO_WORDS;
  let stretchIndex = -1;
  let leaf = NO_WORDS;
  let leafIndex = -1;
  for (let i = from * 2; i < to * 2; i += 2) {
    const low = source[i]!;
    const high = source[i + 1]!;
    if ((low & PRESENT) === 0) {
      target[i] = low;
      target[i + 1] = high;
      continue;
    }
    if ((low & superpage) !== 0) return failed(target, i, low, high);
    const inStretch = ((high & FRAME_HIGH) << stretchOfHigh) | (low >>> stretchOfLow);
    if (inStretch !== stretchIndex) {
      stretch = stretches[inStretch] ?? NO_WORDS;
      stretchIndex = inStretch;
    }
    const at = ((low >>> 12) & withinStretch) << 1;
    const pfn = stretch[at];
    // Past the end of the table both are undefined, which is no pfn either.
    if (pfn === undefined || pfn > maxPfn || stretch[at + 1] !== 0) return failed(target, i, low, high);
    if (pfn >>> 10 !== leafIndex) {
      leafIndex = pfn >>> 10;
      leaf = leaves[leafIndex] ?? NO_WORDS;
    }
    const mfn = ((high << 20) | (low >>> 12)) >>> 0;
    // A word of the p2m holds no frame of 2^32 and above.
    if (leaf[pfn & 1023] !== mfn || (high & FRAME_HIGH) >>> 12 !== 0) return failed(target, i, low, high);
    target[i] = (low & FLAGS_LOW) | (pfn << 12);
    target[i + 1] = (high & ~FRAME_HIGH) | (pfn >>> 20);
  }
  return -1;
}

function failed(target: Uint32Array, at: number, low: number, high: number): number {
  target[at] = low;
  target[at + 1] = high;
  return at >>> 1;
}

/**
 * The pfns that a normalised table's present entries name and that have no frame yet, appended to `unseen`: a table may
 * come before what it maps.
 *
 * @returns the first entry whose pfn the guest can't have
 */
export function collectUnseen(table: Uint32Array, space: PvAddressSpace, unseen: FrameStack): TableFault | undefined {
  const { leaves, maxPfn, entryShift, width } = space.p2m;
  const within = 2 ** entryShift - 1;
  let leaf: Uint32Array | undefined;
  let leafIndex = -1;
  for (let at = 0; at < PAGE_TABLE_ENTRIES * 2; at += 2) {
    const low = table[at]!;
    if ((low & PRESENT) === 0) continue;
    const high = table[at + 1]! & FRAME_HIGH;
    const pfn = high === 0 ? low >>> 12 : frameOf(low, high);
    if (pfn > maxPfn) return { reason: 'out-of-range', entry: at >>> 1, frame: pfn };
    if (pfn >>> entryShift !== leafIndex) {
      leafIndex = pfn >>> entryShift;
      leaf = leaves[leafIndex];
    }
    // All ones, in one word or in two (whose upper one no frame has).
    if (leaf?.[width === 4 ? pfn & within : ((pfn & within) << 1) + 1] !== ALL_ONES && leaf !== undefined) continue;
    unseen.push(pfn);
  }
  return undefined;
}

/**
 * Turns the pfns of a table into mfns, in place. Xen's slots came as zero and stay so: the hypervisor fills them in when
 * it validates the table.
 *
 * @returns the first entry whose pfn has no frame of the guest's; the table is of no use then
 */
export function localiseTable(table: Uint32Array, { m2p, p2m }: PvAddressSpace): TableFault | undefined {
  const at = p2m.width === 8 ? localiseEntries64(table, m2p, p2m) : localiseEntries32(table, m2p, p2m);
  return at < 0 ? undefined : { reason: 'untranslatable', entry: at >>> 1, frame: frameOf(table[at]!, table[at + 1]!) };
}

/** @returns the index of the first entry's word that failed, or -1 */
function localiseEntries64(table: Uint32Array, m2p: MachineToPhys, p2m: P2m): number {
  const { leaves, maxPfn } = p2m;
  const { stretches, shift } = m2p;
  const withinStretch = 2 ** shift - 1;
  const stretchOfHigh = 32 - shift;
  let stretch = NO_WORDS;
  let stretchIndex = -1;
  let leaf = NO_WORDS;
  let leafIndex = -1;
  for (let at = 0; at < PAGE_TABLE_ENTRIES * 2; at += 2) {
    const low = table[at]!;
    if ((low & PRESENT) === 0) continue;
    const high = table[at + 1]!;
    const pfn = ((high << 20) | (low >>> 12)) >>> 0;
    if ((high & FRAME_HIGH) >>> 12 !== 0 || pfn > maxPfn) return at;
    if (pfn >>> 9 !== leafIndex) {
      leafIndex = pfn >>> 9;
      leaf = leaves[leafIndex] ?? NO_WORDS;
    }
    const entry = (pfn & 511) << 1;
    const mfnLow = leaf[entry];
    const mfnHigh = leaf[entry + 1];
    // No machine has frames from 2^39 on, which is more than all that x86 can address.
    if (mfnLow === undefined || mfnHigh === undefined || mfnHigh >>> 7 !== 0) return at;
    const inStretch = (mfnHigh << stretchOfHigh) | (mfnLow >>> shift);
    if (inStretch !== stretchIndex) {
      stretch = stretches[inStretch] ?? NO_WORDS;
      stretchIndex = inStretch;
    }
    const known = (mfnLow & withinStretch) << 1;
    if (stretch[known] !== pfn || stretch[known + 1] !== 0) return at;
    table[at] = (low & FLAGS_LOW) | (mfnLow << 12);
    table[at + 1] = (high & ~FRAME_HIGH) | (mfnHigh << 12) | (mfnLow >>> 20);
  }
  return -1;
}

/** The same with a p2m of 4-byte words. */
function localiseEntries32(table: Uint32Array, m2p: MachineToPhys, p2m: P2m): number {
  const { leaves, maxPfn } = p2m;
  const { stretches, shift } = m2p;
  const withinStretch = 2 ** shift - 1;
  let stretch = NO_WORDS;
  let stretchIndex = -1;
  let leaf = NO_WORDS;
  let leafIndex = -1;
  for (let at = 0; at < PAGE_TABLE_ENTRIES * 2; at += 2) {
    const low = table[at]!;
    if ((low & PRESENT) === 0) continue;
    const high = table[at + 1]!;
    const pfn = ((high << 20) | (low >>> 12)) >>> 0;
    if ((high & FRAME_HIGH) >>> 12 !== 0 || pfn > maxPfn) return at;
    if (pfn >>> 10 !== leafIndex) {
      leafIndex = pfn >>> 10;
      leaf = leaves[leafIndex] ?? NO_WORDS;
    }
    const mfn = leaf[pfn & 1023];
    if (mfn === undefined) return at;
    if (mfn >>> shift !== stretchIndex) {
      stretchIndex = mfn >>> shift;
      stretch = stretches[stretchIndex] ?? NO_WORDS;
    }
    const known = (mfn & withinStretch) << 1;
    if (stretch[known] !== pfn || stretch[known + 1] !== 0) return at;
    table[at] = (low & FLAGS_LOW) | (mfn << 12);
    table[at + 1] = (high & ~FRAME_HIGH) | (mfn >>> 20);
  }
  return -1;
}
