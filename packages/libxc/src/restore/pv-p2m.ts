import { MAX_BATCH, PAGE_SIZE } from '../hypervisor/frames.js';
import type { ForeignMapping, Hypervisor } from '../hypervisor/hypervisor.js';
import type { GuestWidth } from '../x86/layout.js';
import type { P2m } from '../x86/p2m.js';
import { wordsOf } from '../x86/words.js';
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
const ALL_ONES = 0xffff_ffff;

/** Several pages at once, which is quicker than page by page: the guest stands still meanwhile. */
async function writeLeaves(mapping: ForeignMapping, { layout, space }: PvMemory, first: number): Promise<void> {
  const { maxPfn } = space.p2m;
  const perLeaf = 2 ** layout.entryShift;
  const whole = Math.min(mapping.count, Math.floor((maxPfn + 1) / perLeaf) - first);
  const buffer = new Uint8Array(Math.min(whole, PIECE) * PAGE_SIZE);
  for (let from = 0; from < whole; from += PIECE) {
    const contents = buffer.subarray(0, Math.min(PIECE, whole - from) * PAGE_SIZE);
    for (let at = 0; at < contents.length; at += PAGE_SIZE) {
      const page = wordsOf(contents.subarray(at, at + PAGE_SIZE));
      fillPage(page, layout.width, space.p2m, (first + from + at / PAGE_SIZE) * perLeaf);
    }
    await mapping.write(from, contents);
  }
  if (whole === mapping.count) return;
  // Entries past the guest's last pfn stay as they are.
  const start = (first + whole) * perLeaf;
  const rest = mapping.page(whole).subarray(0, (maxPfn + 1 - start) * layout.width);
  fillPage(wordsOf(rest), layout.width, space.p2m, start);
}

/**
 * Fills in the entries of a page, or of its beginning, from pfn `start` on, as the guest has them; all ones where there is
 * no frame. From leaf to page, without a call for each entry: this is the first and only time that it runs, so that
 * nothing of it is compiled, and it runs while the guest stands still.
 */
function fillPage(to: Uint32Array, width: GuestWidth, p2m: P2m, start: number): void {
  const leaf = p2m.leaves[start >>> p2m.entryShift];
  if (leaf === undefined) to.fill(ALL_ONES);
  else if (p2m.width === width) to.set(leaf.subarray(0, to.length));
  else if (width === 8) widen(leaf, start % leaf.length, to);
  else for (let i = 0; i < to.length; i++) to[i] = p2m.mfnOf(start + i);
}

/** Entries of one word become entries of two. */
function widen(leaf: Uint32Array, from: number, to: Uint32Array): void {
  for (let i = from, at = 0; at < to.length; i++, at += 2) {
    const mfn = leaf[i]!;
    to[at] = mfn;
    to[at + 1] = mfn === ALL_ONES ? ALL_ONES : 0;
  }
}
