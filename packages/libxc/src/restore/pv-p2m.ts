import { MAX_BATCH, PAGE_SIZE } from '../hypervisor/frames.js';
import type { ForeignMapping, Hypervisor } from '../hypervisor/hypervisor.js';
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
      const failed = mapping.errors.findIndex((errno) => errno !== 0);
      if (failed >= 0) {
        const pfn = frames[failed]!;
        const text = `page ${from + failed} of the p2m, at pfn ${hexPfn(pfn)}, can't be mapped`;
        throw new RestoreFault('BAD_P2M', `${text} (errno ${mapping.errors[failed]})`, { pfn });
      }
      await writeLeaves(mapping, memory, from);
    } finally {
      await mapping.unmap();
    }
  }
}

/** Pages written at once. */
const PIECE = 128;

/** Several pages at once, which is quicker than page by page: the guest stands still meanwhile. */
async function writeLeaves(mapping: ForeignMapping, { layout, space }: PvMemory, first: number): Promise<void> {
  const { leaves, maxPfn } = space.p2m;
  const perLeaf = 2 ** layout.entryShift;
  const whole = Math.min(mapping.count, Math.floor((maxPfn + 1) / perLeaf) - first);
  const buffer = new Uint8Array(Math.min(whole, PIECE) * PAGE_SIZE);
  for (let from = 0; from < whole; from += PIECE) {
    const contents = buffer.subarray(0, Math.min(PIECE, whole - from) * PAGE_SIZE);
    for (let at = 0; at < contents.length; at += PAGE_SIZE) {
      copyLeaf(contents.subarray(at, at + PAGE_SIZE), leaves[first + from + at / PAGE_SIZE]);
    }
    await mapping.write(from, contents);
  }
  // Entries past the guest's last pfn stay as they are.
  const rest = (maxPfn + 1 - (first + whole) * perLeaf) * layout.width;
  if (whole < mapping.count) copyLeaf(mapping.page(whole).subarray(0, rest), leaves[first + whole]);
}

/** All ones where there is none. */
function copyLeaf(to: Uint8Array, leaf: Uint32Array | undefined): void {
  if (leaf === undefined) to.fill(0xff);
  else to.set(new Uint8Array(leaf.buffer, leaf.byteOffset, to.length));
}
