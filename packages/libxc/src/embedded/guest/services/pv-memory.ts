import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { PAGE_TABLE_ENTRIES } from '../../../x86/page-table.js';
import { GuestFault } from '../fault.js';
import type { Kernel } from './kernel.js';

/** Page-table flags as this kernel makes them: present, user, accessed, dirty; and writable. */
export const PTE = { readOnly: 0x65, writable: 0x67, table: 0x67, paeTop: 0x01, none: 0 } as const;

/** Distances from the base of a 64-bit guest's linear map, each with a level-3 table of its own: no guest is as large. */
const FIXMAP_OFFSET = 2 ** 39;
const P2M_OFFSET = 2 ** 40;
/** A 32-bit guest's fixmap, with a level-2 table of its own. It has no linear p2m. */
const FIXMAP_32 = 0x4000_0000;

/** Of the fixmap. */
const CHURN_OFFSET = PAGE_SIZE * PAGE_TABLE_ENTRIES;

export const sharedInfoAddress = (kernel: Kernel) =>
  kernel.width === 8 ? kernel.get('virtBase') + FIXMAP_OFFSET : FIXMAP_32;
/** Where the page table under churn is hooked in: 2 MiB of addresses. */
export const churnAddress = (kernel: Kernel) => sharedInfoAddress(kernel) + CHURN_OFFSET;
export const linearP2mAddress = (kernel: Kernel) => kernel.get('virtBase') + P2M_OFFSET;

/** The mfn of a pfn, from the guest's own p2m. */
export function mfnOf(kernel: Kernel, pfn: number): number {
  return kernel.readWord(kernel.get('mfnList') + pfn * kernel.width);
}

/** There is no frame at a pfn any more (INVALID_P2M_ENTRY). */
export function forgetFrame(kernel: Kernel, pfn: number): void {
  const address = kernel.get('mfnList') + pfn * kernel.width;
  for (let at = 0; at < kernel.width; at += 4) kernel.space.write32(address + at, 0xffff_ffff);
}

/** Takes the next page that the kernel has not used yet; zeroed. */
export function allocatePage(kernel: Kernel): number {
  const pfn = kernel.get('nextFreePfn');
  if (pfn >= kernel.get('mappedPages')) throw new GuestFault('PANIC', `the kernel ran out of memory at pfn ${pfn}`);
  kernel.set('nextFreePfn', pfn + 1);
  const page = kernel.space.forWrite(kernel.addressOfPfn(pfn));
  page.words.fill(0);
  kernel.space.wrote(page);
  return pfn;
}

/** Sets the entry of level `level` that translates an address: its tables exist down to there. */
export function setEntry(kernel: Kernel, address: number, level: 1 | 2 | 3 | 4, mfn: number, flags: number): void {
  const { tables, root } = kernel.pv();
  const page = Math.floor(address / PAGE_SIZE);
  const table = level === tables.levels ? root() : tables.tableMfn(page, level as 1 | 2 | 3);
  const index = Math.floor(page / 2 ** (9 * (level - 1))) % PAGE_TABLE_ENTRIES;
  kernel.hypercalls.mmuUpdate(table * PAGE_SIZE + index * 8, { mfn, flags });
  if (level === 1) kernel.space.flushPage(address);
  else kernel.space.flush();
}

/** Changes how the linear map maps a page: read-only before it becomes a page table, writable after. */
export function setLinearMapping(kernel: Kernel, pfn: number, flags: number): void {
  setEntry(kernel, kernel.addressOfPfn(pfn), 1, flags === PTE.none ? 0 : mfnOf(kernel, pfn), flags);
}

/** Makes the tables that an address needs, from level 3 down to `lowest`. */
export function ensureTables(kernel: Kernel, address: number, lowest: 1 | 2): void {
  for (const level of [3, 2, 1] as const) {
    if (
      level < lowest ||
      level >= kernel.pv().tables.levels ||
      kernel.pv().tables.hasTable(Math.floor(address / PAGE_SIZE), level)
    )
      continue;
    hookTable(kernel, address, level, allocatePage(kernel));
  }
}

/** Makes a page a table of `level` for an address. */
function hookTable(kernel: Kernel, address: number, level: 1 | 2 | 3, pfn: number): void {
  setLinearMapping(kernel, pfn, PTE.readOnly);
  const above = (level + 1) as 2 | 3 | 4;
  // A level-3 entry of a 32-bit guest has no other bits.
  const flags = kernel.width === 4 && above === 3 ? PTE.paeTop : PTE.table;
  setEntry(kernel, address, above, mfnOf(kernel, pfn), flags);
}

/** Maps what the builder's tables leave out of the guest's memory, 2 MiB at a time. */
export function mapAllMemory(kernel: Kernel): void {
  const { tables } = kernel.pv();
  const total = kernel.get('nrPages');
  const firstPage = kernel.get('virtBase') / PAGE_SIZE;
  let mapped = 0;
  while (mapped < total && tables.isMapped(firstPage + mapped)) mapped += PAGE_TABLE_ENTRIES;
  kernel.set('mappedPages', Math.min(mapped, total));
  for (; mapped < total; mapped += PAGE_TABLE_ENTRIES) {
    const count = Math.min(total - mapped, PAGE_TABLE_ENTRIES);
    mapRange(kernel, kernel.addressOfPfn(mapped), mapped, count);
    kernel.set('mappedPages', mapped + count);
  }
}

/**
 * Maps pfns [first, first + count), none of them a page table, with a new level-1 table at an address where there is
 * none: it is written as data and then hooked in, which spares a hypercall for each entry.
 */
export function mapRange(kernel: Kernel, address: number, first: number, count: number): void {
  ensureTables(kernel, address, 2);
  const pfn = allocatePage(kernel);
  fillTable(kernel, pfn, PTE.writable, count, (i) => mfnOf(kernel, first + i));
  hookTable(kernel, address, 1, pfn);
}

/** Writes level-1 entries into a page that is still data. */
export function fillTable(kernel: Kernel, pfn: number, flags: number, count: number, mfn: (i: number) => number): void {
  const table = kernel.space.forWrite(kernel.addressOfPfn(pfn));
  for (let i = 0; i < count; i++) {
    const frame = mfn(i);
    table.words[i * 2] = ((frame << 12) | flags) >>> 0;
    table.words[i * 2 + 1] = Math.floor(frame / 2 ** 20);
  }
  kernel.space.wrote(table);
}
