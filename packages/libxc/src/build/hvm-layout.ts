import { PAGE_SIZE } from '../hypervisor/frames.js';

/** The VGA window: no RAM there (pfns). */
export const VGA_HOLE = { from: 0xa0, to: 0xc0 } as const;

/** RAM below 4 GiB ends here at the latest; behind it lies the hole for device memory (HVM_BELOW_4G_MMIO_START). */
export const MMIO_START_PFN = 0xf0000;
export const FOUR_GIB_PFN = 0x10_0000;

/** Pages that belong to Xen and the device model, at the top of the hole (libxenguest's special region). */
const SPECIAL_END = 0xff000;
const SPECIAL_COUNT = 8;
const special = (n: number) => SPECIAL_END - SPECIAL_COUNT + n;

export const SPECIAL_PFN = {
  paging: special(0),
  access: special(1),
  sharing: special(2),
  bufioreq: special(3),
  xenstore: special(4),
  ioreq: special(5),
  identPt: special(6),
  console: special(7),
} as const;
export const SPECIAL_REGION = { from: special(0), to: SPECIAL_END } as const;

/** Pages for additional device models, below the special ones; HVM only. */
const IOREQ_SERVER_PAGES = 8;
export const IOREQ_SERVER_REGION = { from: special(0) - IOREQ_SERVER_PAGES, to: special(0) } as const;

export interface RamRange {
  /** pfns, `to` exclusive. */
  readonly from: number;
  readonly to: number;
}

/** Where the RAM of an HVM or PVH guest lies, the VGA window apart. */
export function ramRanges(memoryPages: number): RamRange[] {
  const low = Math.min(memoryPages, MMIO_START_PFN);
  const ranges = [
    { from: 0, to: Math.min(low, VGA_HOLE.from) },
    { from: VGA_HOLE.to, to: low },
  ];
  if (memoryPages > low) ranges.push({ from: FOUR_GIB_PFN, to: FOUR_GIB_PFN + memoryPages - low });
  return ranges.filter(({ from, to }) => to > from);
}

/** Virtual page directory of 4 MiB pages that maps 4 GiB onto itself, for guests that run without paging. */
export function identityPageDirectory(): Uint8Array {
  const entries = new Uint32Array(PAGE_SIZE / 4);
  for (let i = 0; i < entries.length; i++) entries[i] = ((i << 22) | IDENTITY_FLAGS) >>> 0;
  return new Uint8Array(entries.buffer);
}

/** Present, writable, user, accessed, dirty, 4 MiB page. */
const IDENTITY_FLAGS = 0xe7;
