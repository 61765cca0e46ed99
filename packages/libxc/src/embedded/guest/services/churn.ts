import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { PAGE_TABLE_ENTRIES } from '../../../x86/page-table.js';
import { GuestFault } from '../fault.js';
import { PAGE_MATCHES } from '../isa.js';
import { checkPage, fillPage } from '../page-content.js';
import type { Kernel } from './kernel.js';
import { churnAddress, fillTable, mfnOf, PTE, setEntry, setLinearMapping } from './pv-memory.js';

/** Pages that turn from data to page tables and back, each in its turn. */
export const CHURN_PAGES = 4;
/** Microseconds between turns. */
const INTERVAL = 20_000;
const TABLE_SPAN = PAGE_SIZE * PAGE_TABLE_ENTRIES;

/** All churn pages start as data of generation 0. */
export function prepareChurn(kernel: Kernel): void {
  for (let i = 0; i < CHURN_PAGES; i++) writeData(kernel, kernel.get('churnFirstPfn') + i, 0);
}

/**
 * One turn: a page that is data is checked, becomes a pinned level-1 table that maps memory under check, is hooked in
 * and read through; a page that is a table is compared with the p2m entry by entry (a migration rewrites it), unhooked,
 * unpinned and written as data again.
 */
export function churn(kernel: Kernel, now: number): void {
  if (kernel.get('churn') === 0 || kernel.get('paravirtual') === 0) return;
  const since = now - kernel.get('churnAt');
  if (since >= 0 && since < INTERVAL) return;
  kernel.set('churnAt', now);
  const turn = kernel.get('churnTurn');
  const slot = turn % CHURN_PAGES;
  const round = Math.floor(turn / CHURN_PAGES);
  if (round % 2 === 0) becomeTable(kernel, slot, round);
  else becomeData(kernel, slot, round + 1);
  kernel.set('churnTurn', turn + 1);
}

const mappedPfn = (kernel: Kernel) => kernel.pfnOfAddress(kernel.get('lowAddress'));
const mappedCount = (kernel: Kernel) => Math.min(PAGE_TABLE_ENTRIES, kernel.get('lowPages'));

function becomeTable(kernel: Kernel, slot: number, generation: number): void {
  const pfn = kernel.get('churnFirstPfn') + slot;
  const { words, page } = kernel.space.forRead(kernel.addressOfPfn(pfn));
  const bad = checkPage(words, page, generation);
  if (bad !== PAGE_MATCHES) {
    throw new GuestFault(
      'PANIC',
      `LOST WRITE: churn page pfn ${pfn} is not of generation ${generation} at word ${bad}`,
    );
  }
  const first = mappedPfn(kernel);
  fillTable(kernel, pfn, PTE.readOnly, mappedCount(kernel), (i) => mfnOf(kernel, first + i));
  clearTail(kernel, pfn);
  setLinearMapping(kernel, pfn, PTE.readOnly);
  kernel.hypercalls.pin(1, mfnOf(kernel, pfn));
  const address = churnAddress(kernel) + slot * TABLE_SPAN;
  setEntry(kernel, address, 2, mfnOf(kernel, pfn), PTE.table);
  // The same frame, by both ways: its first word never changes.
  if (kernel.space.read32(address) !== kernel.space.read32(kernel.addressOfPfn(first))) {
    throw new GuestFault('PANIC', `LOST WRITE: pfn ${first} reads differently through page table pfn ${pfn}`);
  }
}

function becomeData(kernel: Kernel, slot: number, generation: number): void {
  const pfn = kernel.get('churnFirstPfn') + slot;
  checkTable(kernel, pfn);
  setEntry(kernel, churnAddress(kernel) + slot * TABLE_SPAN, 2, 0, PTE.none);
  kernel.hypercalls.unpin(mfnOf(kernel, pfn));
  setLinearMapping(kernel, pfn, PTE.writable);
  writeData(kernel, pfn, generation);
}

function checkTable(kernel: Kernel, pfn: number): void {
  const { words } = kernel.space.forRead(kernel.addressOfPfn(pfn));
  const first = mappedPfn(kernel);
  for (let i = 0; i < mappedCount(kernel); i++) {
    const mfn = mfnOf(kernel, first + i);
    const found = (words[i * 2 + 1]! & 0x000f_ffff) * 2 ** 20 + (words[i * 2]! >>> 12);
    if (found === mfn) continue;
    throw new GuestFault('PANIC', `LOST WRITE: page table pfn ${pfn} maps mfn ${found} at entry ${i}, expected ${mfn}`);
  }
}

function clearTail(kernel: Kernel, pfn: number): void {
  const table = kernel.space.forWrite(kernel.addressOfPfn(pfn));
  table.words.fill(0, mappedCount(kernel) * 2);
  kernel.space.wrote(table);
}

function writeData(kernel: Kernel, pfn: number, generation: number): void {
  const target = kernel.space.forWrite(kernel.addressOfPfn(pfn));
  fillPage(target.words, target.page, generation);
  kernel.space.wrote(target);
}
