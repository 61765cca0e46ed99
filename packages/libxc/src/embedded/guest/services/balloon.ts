import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { GuestFault } from '../fault.js';
import type { FreeMemory } from './free-memory.js';
import type { Kernel } from './kernel.js';
import { forgetFrame, mfnOf, PTE, setLinearMapping } from './pv-memory.js';

/**
 * Gives pages from the end of the free memory back to the host, as a balloon driver does: a PV guest first unmaps them,
 * and forgets their frames in its p2m. @returns what is free then
 */
export function inflateBalloon(kernel: Kernel, free: FreeMemory, bytes: number): FreeMemory {
  const { low } = free;
  const pages = Math.min(Math.ceil(bytes / PAGE_SIZE), Math.max(0, low.pages - 1));
  if (pages === 0) return free;
  const first = low.address + (low.pages - pages) * PAGE_SIZE;
  const gfns = Float64Array.from({ length: pages }, (_, i) => takePage(kernel, first + i * PAGE_SIZE));
  kernel.space.flush();
  const taken = kernel.hypercalls.decreaseReservation(gfns);
  if (taken !== pages) throw new GuestFault('PANIC', `the host took ${taken} of ${pages} pages back`);
  return { ...free, low: { ...low, pages: low.pages - pages } };
}

/** @returns the frame by which the hypervisor knows the page */
function takePage(kernel: Kernel, address: number): number {
  if (kernel.get('paravirtual') === 0) return address / PAGE_SIZE;
  const pfn = kernel.pfnOfAddress(address);
  const mfn = mfnOf(kernel, pfn);
  setLinearMapping(kernel, pfn, PTE.none);
  forgetFrame(kernel, pfn);
  return mfn;
}
