import { isPinned, PAGE_TYPE } from '@xen-migration/stream-format';
import { type FrameList, INVALID_FRAME } from '../hypervisor/frames.js';
import type { PvLayout } from '../x86/layout.js';
import { guestMfnOf, type PvAddressSpace } from '../x86/p2m.js';
import { hexPfn, RestoreFault } from './errors.js';

/** A PV guest's memory as it grows; it exists once the stream has said how wide the guest's words are. */
export interface PvMemory {
  readonly layout: PvLayout;
  readonly space: PvAddressSpace;
  readonly types: PageTypes;
  /** The pfn of each page of the guest's own p2m, in order. */
  readonly p2mFrames: number[];
}

const STRETCH = 4096;
/** Of pages that all are NOTAB, as nearly all are. */
const PLAIN_STRETCH: Uint8Array = new Uint8Array(STRETCH).fill(PAGE_TYPE.NOTAB);

/** What the stream last said of each page's type; NOTAB where it said nothing. */
export class PageTypes {
  private readonly stretches = new Map<number, Uint8Array>();
  /** Kept beside: looking through all types at the end would make the downtime longer the larger the guest is. */
  private readonly pinned = new Set<number>();

  get(pfn: number): number {
    return this.stretches.get(Math.floor(pfn / STRETCH))?.[pfn % STRETCH] ?? PAGE_TYPE.NOTAB;
  }

  set(pfns: FrameList, types: Uint8Array): void {
    let index = -1;
    let stretch = PLAIN_STRETCH;
    for (let i = 0; i < pfns.length; i++) {
      const pfn = pfns[i]!;
      // Neighbours mostly: the stretch is looked for anew only where it changes.
      if (Math.floor(pfn / STRETCH) !== index) {
        index = Math.floor(pfn / STRETCH);
        stretch = this.stretches.get(index) ?? PLAIN_STRETCH;
      }
      const type = types[i]!;
      if (isPinned(type)) this.pinned.add(pfn);
      else if (this.pinned.size > 0) this.pinned.delete(pfn);
      if (stretch[pfn % STRETCH] === type) continue;
      if (stretch === PLAIN_STRETCH) stretch = this.grow(index);
      stretch[pfn % STRETCH] = type;
    }
  }

  private grow(index: number): Uint8Array {
    const stretch = PLAIN_STRETCH.slice();
    this.stretches.set(index, stretch);
    return stretch;
  }

  /** The pinned page tables, ascending. */
  pinnedTables(): Float64Array {
    return Float64Array.from(this.pinned).sort();
  }
}

/** The machine frame of one of the guest's pages. @throws RestoreFault with the code given */
export function ownFrame({ space }: PvMemory, pfn: number, what: string, code: 'BAD_VCPU' | 'BAD_P2M'): number {
  const mfn = guestMfnOf(space, pfn);
  if (mfn !== INVALID_FRAME) return mfn;
  throw new RestoreFault(code, `${what}: the guest has no page at pfn ${hexPfn(pfn)}`, { pfn });
}

/** The same for what must be plain memory: start_info, the GDT, the p2m. */
export function dataFrame(memory: PvMemory, pfn: number, what: string, code: 'BAD_VCPU' | 'BAD_P2M'): number {
  const type = memory.types.get(pfn);
  if (type === PAGE_TYPE.NOTAB) return ownFrame(memory, pfn, what, code);
  throw new RestoreFault(code, `${what}: pfn ${hexPfn(pfn)} is of page type ${type}, not plain memory`, { pfn });
}
