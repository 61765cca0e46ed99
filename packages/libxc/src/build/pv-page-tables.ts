import { PAGE_TABLE_ENTRIES } from '../x86/page-table.js';
import { type PvArch, pvArch } from './pv-arch.js';

/** Flags of entries as the builder makes them: present, (writable,) user, accessed; tables are dirty too. */
const PAGE_RW = 0x27;
const PAGE_RO = 0x25;
const TABLE = 0x67;
/** A PAE level-3 entry has no other bits. */
const PAE_TOP = 0x01;

/** Addresses that one entry of a table of level n maps, as a power of two, counted in pages. */
const entryShift = (level: number) => 9 * (level - 1);

/** A guest's first page tables: they map pfns [0, mappedPages) at the guest's base; themselves read-only, as Xen demands. */
export interface PvTables {
  readonly arch: PvArch;
  /** First pfn; the top-level table lies there. */
  readonly pfn: number;
  /** All of them. */
  readonly count: number;
  /** Tables of level 1, 2, 3, 4 (index 0 not used; a 32-bit guest has none of level 4). */
  readonly perLevel: readonly number[];
  readonly mappedPages: number;
}

/**
 * Tables behind `firstPfn` that map all up to their own end, `extraPages` more, and `slackPages` of free memory for the
 * kernel to begin with, rounded up to 4 MiB.
 */
export function planTables(
  firstPfn: number,
  extraPages: number,
  slackPages: number,
  memoryPages: number,
  arch: PvArch = pvArch(8),
): PvTables {
  const { levels } = arch.layout;
  let count: number = levels;
  for (;;) {
    const end = Math.ceil((firstPfn + count + extraPages + slackPages) / 1024) * 1024;
    const mappedPages = Math.min(end, memoryPages);
    const perLevel = [0, 1, 2, 3, 4].map((level) =>
      level === 0 || level > levels ? 0 : tablesNeeded(mappedPages, level, arch.virtBase),
    );
    const needed = perLevel.reduce((sum, n) => sum + n, 0);
    if (needed <= count) return { arch, pfn: firstPfn, count: needed, perLevel, mappedPages };
    count = needed;
  }
}

function tablesNeeded(pages: number, level: number, virtBase: number): number {
  const first = virtBase / 4096;
  const span = 2 ** (entryShift(level) + 9);
  return Math.floor((first + pages - 1) / span) - Math.floor(first / span) + 1;
}

/**
 * Writes table `index` (0: the top level, then those below, each level in order of address).
 *
 * @param words 1024 words, pairs of low and high per entry
 */
export function writeTable(words: Uint32Array, tables: PvTables, index: number, mfnOf: (pfn: number) => number): void {
  const { layout, virtBase } = tables.arch;
  let level: number = layout.levels;
  let within = index;
  let lower = 0;
  for (; within >= tables.perLevel[level]!; level--) within -= tables.perLevel[level]!;
  for (let above: number = layout.levels; above >= level; above--) lower += tables.perLevel[above]!;
  words.fill(0);
  const firstPage = virtBase / 4096;
  const tableFlags = level === 3 && layout.levels === 3 ? PAE_TOP : TABLE;
  const shift = entryShift(level);
  const slots = level === 1 ? tables.mappedPages : tables.perLevel[level - 1]!;
  const firstSlot = Math.floor(firstPage / 2 ** shift);
  const tableSlot = (Math.floor(firstSlot / PAGE_TABLE_ENTRIES) + within) * PAGE_TABLE_ENTRIES;
  for (let entry = 0; entry < PAGE_TABLE_ENTRIES; entry++) {
    const slot = tableSlot + entry - firstSlot;
    if (slot < 0 || slot >= slots) continue;
    const target = level === 1 ? slot : tables.pfn + lower + slot;
    const flags = level === 1 ? leafFlags(tables, slot) : tableFlags;
    const mfn = mfnOf(target);
    words[entry * 2] = ((mfn << 12) | flags) >>> 0;
    words[entry * 2 + 1] = Math.floor(mfn / 2 ** 20);
  }
}

function leafFlags(tables: PvTables, pfn: number): number {
  return pfn >= tables.pfn && pfn < tables.pfn + tables.count ? PAGE_RO : PAGE_RW;
}
