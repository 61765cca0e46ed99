import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { foldCr3 } from '../../../x86/cr3.js';
import { pvLayout } from '../../../x86/layout.js';
import { PAGE_TABLE_ENTRIES } from '../../../x86/page-table.js';
import { P2M } from '../kernel-data.js';
import type { Kernel } from './kernel.js';
import { allocatePage, linearP2mAddress, mapRange, mfnOf, sharedInfoAddress } from './pv-memory.js';

const ENTRIES = PAGE_SIZE / 8;
const { sharedInfo: SHARED } = pvLayout(8);

const leafCount = (kernel: Kernel) => Math.ceil(kernel.get('nrPages') / ENTRIES);
const leafPfn = (kernel: Kernel, leaf: number) => kernel.pfnOfAddress(kernel.get('mfnList')) + leaf;

/** Takes the pages of the frame-list tree and makes the linear p2m's mapping: once, at boot. */
export function prepareP2m(kernel: Kernel): void {
  const layout = kernel.get('p2mLayout');
  if ((layout & P2M.tree) !== 0) {
    const mids = Math.ceil(leafCount(kernel) / ENTRIES);
    // Top page, then its mid pages, side by side.
    for (let i = 0; i <= mids; i++) {
      const pfn = allocatePage(kernel);
      if (i === 0) kernel.set('p2mTree', pfn);
    }
  }
  if ((layout & P2M.linear) === 0) return;
  for (let leaf = 0; leaf < leafCount(kernel); leaf += PAGE_TABLE_ENTRIES) {
    const count = Math.min(leafCount(kernel) - leaf, PAGE_TABLE_ENTRIES);
    mapRange(kernel, linearP2mAddress(kernel) + leaf * PAGE_SIZE, leafPfn(kernel, leaf), count);
  }
}

/**
 * Tells the toolstack where the p2m is, in shared_info: the tree's pages hold mfns, and so does p2m_cr3, so this is done
 * anew in every domain that the guest wakes up in.
 */
export function announceP2m(kernel: Kernel): void {
  const shared = sharedInfoAddress(kernel);
  const { space } = kernel;
  const layout = kernel.get('p2mLayout');
  space.write64(shared + SHARED.pfnCount, kernel.get('nrPages'));
  const generation = space.read64(shared + SHARED.p2mGeneration);
  space.write64(shared + SHARED.p2mGeneration, generation + 1);
  space.write64(shared + SHARED.frameListList, (layout & P2M.tree) !== 0 ? buildTree(kernel) : 0);
  const linear = (layout & P2M.linear) !== 0;
  space.write64(shared + SHARED.p2mVaddr, linear ? linearP2mAddress(kernel) : 0);
  space.write64(shared + SHARED.p2mCr3, linear ? Number(foldCr3(kernel.pv().root(), 8)) : 0);
  space.write64(shared + SHARED.p2mGeneration, generation + 2);
}

/** @returns the mfn of the top page */
function buildTree(kernel: Kernel): number {
  const top = kernel.get('p2mTree');
  const leaves = leafCount(kernel);
  for (let leaf = 0; leaf < leaves; leaf++) {
    const mid = top + 1 + Math.floor(leaf / ENTRIES);
    const mfn = mfnOf(kernel, leafPfn(kernel, leaf));
    kernel.space.write64(kernel.addressOfPfn(mid) + (leaf % ENTRIES) * 8, mfn);
    if (leaf % ENTRIES !== 0) continue;
    kernel.space.write64(kernel.addressOfPfn(top) + (leaf / ENTRIES) * 8, mfnOf(kernel, mid));
  }
  return mfnOf(kernel, top);
}
