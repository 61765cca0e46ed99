import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { foldCr3 } from '../../../x86/cr3.js';
import { PAGE_TABLE_ENTRIES } from '../../../x86/page-table.js';
import { P2M } from '../kernel-data.js';
import type { Kernel } from './kernel.js';
import { allocatePage, linearP2mAddress, mapRange, mfnOf, sharedInfoAddress } from './pv-memory.js';

/** Entries in a page of the p2m, and in those of its tree. */
const entriesOf = (kernel: Kernel) => PAGE_SIZE / kernel.width;
const leafCount = (kernel: Kernel) => Math.ceil(kernel.get('nrPages') / entriesOf(kernel));
const leafPfn = (kernel: Kernel, leaf: number) => kernel.pfnOfAddress(kernel.get('mfnList')) + leaf;

/** Takes the pages of the frame-list tree and makes the linear p2m's mapping: once, at boot. */
export function prepareP2m(kernel: Kernel): void {
  const layout = kernel.get('p2mLayout');
  if ((layout & P2M.tree) !== 0) {
    const mids = Math.ceil(leafCount(kernel) / entriesOf(kernel));
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
  const { sharedInfo: at } = kernel.layout;
  const layout = kernel.get('p2mLayout');
  kernel.writeWord(shared + at.pfnCount, kernel.get('nrPages'));
  const generation = kernel.readWord(shared + at.p2mGeneration);
  kernel.writeWord(shared + at.p2mGeneration, generation + 1);
  kernel.writeWord(shared + at.frameListList, (layout & P2M.tree) !== 0 ? buildTree(kernel) : 0);
  const linear = (layout & P2M.linear) !== 0;
  kernel.writeWord(shared + at.p2mVaddr, linear ? linearP2mAddress(kernel) : 0);
  kernel.writeWord(shared + at.p2mCr3, linear ? Number(foldCr3(kernel.pv().root(), kernel.width)) : 0);
  kernel.writeWord(shared + at.p2mGeneration, generation + 2);
}

/** @returns the mfn of the top page */
function buildTree(kernel: Kernel): number {
  const { width } = kernel;
  const entries = entriesOf(kernel);
  const top = kernel.get('p2mTree');
  const leaves = leafCount(kernel);
  for (let leaf = 0; leaf < leaves; leaf++) {
    const mid = top + 1 + Math.floor(leaf / entries);
    const mfn = mfnOf(kernel, leafPfn(kernel, leaf));
    kernel.writeWord(kernel.addressOfPfn(mid) + (leaf % entries) * width, mfn);
    if (leaf % entries !== 0) continue;
    kernel.writeWord(kernel.addressOfPfn(top) + (leaf / entries) * width, mfnOf(kernel, mid));
  }
  return mfnOf(kernel, top);
}
