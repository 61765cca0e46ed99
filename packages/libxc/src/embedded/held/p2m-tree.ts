import { pvLayout } from '../../x86/layout.js';
import { readWord, writeWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { P2mTree } from '../domains/p2m-tree.js';
import type { HostState } from '../host-state.js';

/** Frame numbers of guests are far below; what is larger is no frame. */
const MOST_FRAMES = 2 ** 40;

/**
 * Finds the tree above the p2m of a guest that was just restored, as its kernel would know where it is. When its vcpu is
 * loaded, memory is still as the old host left it: leaves, middle page and top hold that host's mfns, and vouch for each other.
 * A leaf that covers its own pfn says what mfn it had; the middle page is the one that names that mfn in the leaf's place;
 * the top is the one that names the middle page. All that they name must be pages of the guest, by the same leaves.
 *
 * @returns undefined where there is none, or more than one (a guest of more pages than one middle page covers)
 */
export function findP2mTree(state: HostState, domain: Domain): P2mTree | undefined {
  const memory = new OldMemory(state, domain);
  const leafCount = Math.ceil(memory.pfnCount / memory.perPage);
  if (leafCount === 0 || leafCount > memory.perPage) return undefined;
  const found: P2mTree[] = [];
  for (const leaf of memory.pfns()) {
    if (!memory.looksLikeLeaf(leaf)) continue;
    const place = Math.floor(leaf / memory.perPage);
    const own = memory.entry(leaf, leaf % memory.perPage);
    for (const middle of memory.pfns()) {
      if (memory.entry(middle, place) !== own) continue;
      const leaves = memory.leavesOf(middle, leafCount, place, leaf);
      if (leaves !== undefined) found.push(...treesAbove(memory, middle, leaves));
    }
  }
  const [first, ...others] = found;
  return others.every((tree) => tree.top === first?.top) ? first : undefined;
}

function* treesAbove(memory: OldMemory, middle: number, leaves: readonly number[]): Generator<P2mTree> {
  const pfnOf = memory.pfnsByMfn(leaves.entries());
  const name = memory.mfnOf(middle, leaves);
  const below = memory.links(middle, pfnOf);
  if (name === undefined || below === undefined || leaves.includes(middle)) return;
  for (const top of memory.pfns()) {
    if (memory.entry(top, 0) !== name || top === middle || leaves.includes(top)) continue;
    if (memory.mfnOf(top, leaves) === undefined) continue;
    const links = memory.links(top, pfnOf);
    if (links !== undefined) yield { top, links: [...links, ...below] };
  }
}

/** As the kernel does when it goes on in a new domain (Linux: xen_build_mfn_list_list). */
export function rebuildP2mTree(state: HostState, domain: Domain, { top, links }: P2mTree): void {
  const { machine } = state;
  const { width } = domain;
  const mfns = new Map<number, number>();
  machine.frames.forEachOwned(domain.domid, (mfn) => void mfns.set(machine.m2p.pfnOf(mfn), mfn));
  for (const { page, index, target } of links) {
    const [mfn, named] = [mfns.get(page), mfns.get(target)];
    if (mfn === undefined || named === undefined) continue;
    writeWord(machine.memory.frame(mfn), index * width, width, BigInt(named));
    state.markDirty(domain, mfn);
  }
  const shared = machine.memory.frame(domain.sharedInfoMfn);
  writeWord(shared, pvLayout(width).sharedInfo.frameListList, width, BigInt(mfns.get(top) ?? 0));
}

/** The memory of a guest by pfn, with the mfns of the host that it came from in its p2m. */
class OldMemory {
  readonly perPage: number;
  readonly pfnCount: number;
  private readonly width: 4 | 8;
  private readonly pages = new Map<number, Uint32Array>();

  constructor({ machine }: HostState, { domid, width, sharedInfoMfn }: Domain) {
    this.width = width;
    this.perPage = 4096 / width;
    const { pfnCount } = pvLayout(width).sharedInfo;
    this.pfnCount = Number(readWord(machine.memory.frame(sharedInfoMfn), pfnCount, width));
    machine.frames.forEachOwned(domid, (mfn) => {
      const pfn = machine.m2p.pfnOf(mfn);
      if (pfn >= 0 && pfn < this.pfnCount) this.pages.set(pfn, machine.memory.words(mfn));
    });
  }

  pfns(): Iterable<number> {
    return this.pages.keys();
  }

  /** 0 where there is nothing, or what is no frame. */
  entry(pfn: number, index: number): number {
    const words = this.pages.get(pfn);
    if (words === undefined) return 0;
    const value = this.width === 4 ? words[index]! : words[index * 2]! + words[index * 2 + 1]! * 2 ** 32;
    return value === 0xffff_ffff || value >= MOST_FRAMES ? 0 : value;
  }

  /** It names itself, and no frame twice. */
  looksLikeLeaf(pfn: number): boolean {
    if (this.entry(pfn, pfn % this.perPage) === 0) return false;
    const seen = new Set<number>();
    for (let i = 0; i < this.perPage; i++) {
      const mfn = this.entry(pfn, i);
      if (mfn !== 0 && seen.has(mfn)) return false;
      seen.add(mfn);
    }
    return true;
  }

  /** The leaves that a middle page names, in order: each known one shows pages that may be others. */
  leavesOf(middle: number, count: number, place: number, leaf: number): number[] | undefined {
    const leaves = new Map([[place, leaf]]);
    for (let before = 0; leaves.size > before; ) {
      before = leaves.size;
      const pfnOf = this.pfnsByMfn(leaves);
      for (let i = 0; i < count; i++) {
        const pfn = pfnOf.get(this.entry(middle, i));
        if (pfn !== undefined && !leaves.has(i)) leaves.set(i, pfn);
      }
    }
    return leaves.size === count ? Array.from({ length: count }, (_, i) => leaves.get(i)!) : undefined;
  }

  /** @param leaves by their place */
  pfnsByMfn(leaves: Iterable<readonly [number, number]>): Map<number, number> {
    const found = new Map<number, number>();
    for (const [place, leaf] of leaves) {
      for (let i = 0; i < this.perPage; i++) {
        const mfn = this.entry(leaf, i);
        if (mfn !== 0) found.set(mfn, place * this.perPage + i);
      }
    }
    return found;
  }

  /** The mfn that a page had. */
  mfnOf(pfn: number, leaves: readonly number[]): number | undefined {
    const leaf = leaves[Math.floor(pfn / this.perPage)];
    const mfn = leaf === undefined ? 0 : this.entry(leaf, pfn % this.perPage);
    return mfn === 0 ? undefined : mfn;
  }

  /** The entries of a page as pfns; undefined where one is neither empty nor a frame of the guest's. */
  links(page: number, pfnOf: ReadonlyMap<number, number>): P2mTree['links'] | undefined {
    const links: { page: number; index: number; target: number }[] = [];
    const words = this.pages.get(page)!;
    for (let index = 0; index < this.perPage; index++) {
      const mfn = this.entry(page, index);
      const target = pfnOf.get(mfn);
      if (mfn !== 0 && target === undefined) return undefined;
      if (target !== undefined) links.push({ page, index, target });
      else if (words[(index * this.width) / 4] !== 0 && words[(index * this.width) / 4] !== 0xffff_ffff)
        return undefined;
    }
    return links;
  }
}
