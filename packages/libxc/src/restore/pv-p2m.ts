import { MAX_BATCH, PAGE_SIZE } from '../hypervisor/frames.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { hexPfn, RestoreFault } from './errors.js';
import { dataFrame, type PvMemory } from './pv-memory.js';

/**
 * Writes the new p2m over the guest's own. The upper levels of a p2m tree are left as they came, with the old host's
 * mfns in them: a resumed guest builds them anew.
 */
export async function writeGuestP2m(hypervisor: Hypervisor, domid: number, memory: PvMemory): Promise<void> {
  const { p2mFrames } = memory;
  for (let from = 0; from < p2mFrames.length; from += MAX_BATCH) {
    const frames = p2mFrames.slice(from, from + MAX_BATCH);
    const mfns = Float64Array.from(frames, (pfn, i) =>
      dataFrame(memory, pfn, `page ${from + i} of the p2m`, 'BAD_P2M'),
    );
    const mapping = await hypervisor.mapForeign(domid, mfns, 'write');
    try {
      for (let i = 0; i < frames.length; i++) {
        if (mapping.errors[i] !== 0) {
          const text = `page ${from + i} of the p2m, at pfn ${hexPfn(frames[i]!)}, can't be mapped`;
          throw new RestoreFault('BAD_P2M', `${text} (errno ${mapping.errors[i]})`, { pfn: frames[i]! });
        }
        writeLeaf(mapping.page(i), memory, from + i);
      }
    } finally {
      await mapping.unmap();
    }
  }
}

/** Entries past the guest's last pfn stay as they are. */
function writeLeaf(page: Uint8Array, { layout, space }: PvMemory, index: number): void {
  const { leaves, maxPfn } = space.p2m;
  const entries = maxPfn + 1 - index * 2 ** layout.entryShift;
  const bytes = Math.min(PAGE_SIZE, entries * layout.width);
  const leaf = leaves[index];
  if (leaf === undefined) page.fill(0xff, 0, bytes);
  else page.set(new Uint8Array(leaf.buffer, leaf.byteOffset, bytes));
}
