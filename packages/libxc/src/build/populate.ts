import { INVALID_FRAME } from '../hypervisor/frames.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { populateAll } from '../hypervisor/populate.js';
import { BuildError } from './types.js';

const SUPERPAGE_ORDER = 9;
const SUPERPAGE_FRAMES = 2 ** SUPERPAGE_ORDER;
/** Extents asked for in one call. */
const CALL_EXTENTS = 4096;

/**
 * Gives the domain memory at [from, to): 2 MiB extents where the range is aligned and the host has them, else single
 * frames. Writes the gfn of each pfn into `frames` (indexed by pfn) where that is given.
 *
 * @throws BuildError NO_MEMORY
 */
export async function populateRange(
  hypervisor: Hypervisor,
  domid: number,
  from: number,
  to: number,
  frames?: Float64Array,
): Promise<void> {
  const alignedFrom = Math.min(Math.ceil(from / SUPERPAGE_FRAMES) * SUPERPAGE_FRAMES, to);
  const alignedTo = Math.max(alignedFrom, Math.floor(to / SUPERPAGE_FRAMES) * SUPERPAGE_FRAMES);
  await populateSingle(hypervisor, domid, from, alignedFrom, frames);
  const large = await populateLarge(hypervisor, domid, alignedFrom, alignedTo, frames);
  await populateSingle(hypervisor, domid, large, to, frames);
}

/** @returns where the host's 2 MiB extents ended */
async function populateLarge(
  hypervisor: Hypervisor,
  domid: number,
  from: number,
  to: number,
  frames: Float64Array | undefined,
): Promise<number> {
  let at = from;
  while (at < to) {
    const count = Math.min((to - at) / SUPERPAGE_FRAMES, CALL_EXTENTS);
    const pfns = Float64Array.from({ length: count }, (_, i) => at + i * SUPERPAGE_FRAMES);
    const made = await populateAll(hypervisor, domid, pfns, SUPERPAGE_ORDER);
    for (let i = 0; i < made.length; i++) {
      for (let k = 0; k < SUPERPAGE_FRAMES; k++, at++) if (frames !== undefined) frames[at] = made[i]! + k;
    }
    if (made.length < count) return at;
  }
  return at;
}

async function populateSingle(
  hypervisor: Hypervisor,
  domid: number,
  from: number,
  to: number,
  frames: Float64Array | undefined,
): Promise<void> {
  for (let at = from; at < to; at += CALL_EXTENTS) {
    const count = Math.min(to - at, CALL_EXTENTS);
    const pfns = Float64Array.from({ length: count }, (_, i) => at + i);
    const made = await populateAll(hypervisor, domid, pfns, 0);
    if (made.length < count || made.includes(INVALID_FRAME)) {
      throw new BuildError(
        'NO_MEMORY',
        `domain ${domid}: the host gave ${made.length} of ${count} frames from pfn ${at}`,
      );
    }
    frames?.set(made, at);
  }
}

/** Entries for [from, to) that get their frames at first use. @throws BuildError NO_MEMORY */
export async function promiseRange(hypervisor: Hypervisor, domid: number, from: number, to: number): Promise<void> {
  for (let at = from; at < to; ) {
    const pfns = Float64Array.from({ length: Math.min(to - at, CALL_EXTENTS) }, (_, i) => at + i);
    const made = await hypervisor.populateOnDemand(domid, pfns, 0);
    if (made === 0) throw new BuildError('NO_MEMORY', `domain ${domid}: pfn ${at} can't be populated on demand`);
    at += made;
  }
}
