import { pvLayout } from '../../x86/layout.js';
import { writeWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { P2mTree } from '../domains/p2m-tree.js';
import type { HostState } from '../host-state.js';
import { OldMemory } from './old-memory.js';

/** Beyond so many pages that look like a part of a p2m, besides the leaves, the guest has more to hide than a p2m. */
const MOST_LOOKALIKES = 4096;

/**
 * Finds the tree above the p2m of a guest that was just restored, as its kernel would know where it is. When its vcpu is
 * loaded, memory is still as the old host left it: leaves, middle pages and top hold that host's mfns, and vouch for each other.
 * A leaf that covers its own pfn says what mfn it had; a middle page is one that names that mfn in the leaf's place; the
 * top is the one that names the middle page. All that they name must be pages of the guest, by the same leaves.
 *
 * Reads some words of each page of the guest once; what follows looks at lookalikes alone.
 *
 * @returns undefined where there is none, or more than one
 */
export function findP2mTree(state: HostState, domain: Domain): P2mTree | undefined {
  const memory = new OldMemory(state, domain);
  const leafCount = Math.ceil(memory.pfnCount / memory.perPage);
  if (!(leafCount > 0 && leafCount <= memory.perPage ** 2)) return undefined;
  const lists = memory.lists();
  if (lists.length > leafCount + MOST_LOOKALIKES) return undefined;
  const search = new TreeSearch(memory, lists, leafCount);
  let found: P2mTree | undefined;
  for (const tree of search.trees()) {
    if (found !== undefined && found.top !== tree.top) return undefined;
    found = tree;
  }
  return found;
}

/** As the kernel does when it goes on in a new domain (Linux: xen_build_mfn_list_list). */
export function rebuildP2mTree(state: HostState, domain: Domain, { top, links }: P2mTree): void {
  const { machine } = state;
  const { width } = domain;
  const wanted = new Set([top, ...links.flatMap(({ page, target }) => [page, target])]);
  const mfns = new Map<number, number>();
  machine.frames.forEachOwned(domain.domid, (mfn) => {
    const pfn = machine.m2p.pfnOf(mfn);
    if (wanted.has(pfn)) mfns.set(pfn, mfn);
  });
  for (const { page, index, target } of links) {
    const [mfn, named] = [mfns.get(page), mfns.get(target)];
    if (mfn === undefined || named === undefined) continue;
    writeWord(machine.memory.frame(mfn), index * width, width, BigInt(named));
    state.markDirty(domain, mfn);
  }
  const shared = machine.memory.frame(domain.sharedInfoMfn);
  writeWord(shared, pvLayout(width).sharedInfo.frameListList, width, BigInt(mfns.get(top) ?? 0));
}

/** A middle page by its place below the top, and leaves that it names and that say so. */
interface Start {
  readonly middle: number;
  readonly place: number;
  readonly leaves: number[];
}

class TreeSearch {
  constructor(
    private readonly memory: OldMemory,
    private readonly lists: readonly number[],
    private readonly leafCount: number,
  ) {}

  *trees(): Generator<P2mTree> {
    const done = new Set<number>();
    for (const start of this.starts()) {
      if (done.has(start.middle)) continue;
      const known = this.knownFrom(start);
      this.learn(known, start.middle, start.place);
      const name = known.mfnOf(start.middle);
      if (name === undefined) continue;
      for (const top of this.lists) {
        if (top === start.middle || this.memory.entry(top, start.place) !== name) continue;
        const tree = this.whole(top, start);
        if (tree === undefined) continue;
        yield tree;
        for (const { page } of tree.links) done.add(page);
      }
    }
  }

  private starts(): Iterable<Start> {
    const { memory, lists } = this;
    const { perPage } = memory;
    const leaves = new Map<number, number[]>();
    for (const leaf of lists) {
      if (!memory.looksLikeLeaf(leaf)) continue;
      const mfn = memory.entry(leaf, leaf % perPage);
      leaves.set(mfn, [...(leaves.get(mfn) ?? []), leaf]);
    }
    const starts = new Map<string, Start>();
    for (const middle of lists) {
      for (let index = 0; index < perPage; index++) {
        for (const leaf of leaves.get(memory.entry(middle, index)) ?? []) {
          const leafPlace = Math.floor(leaf / perPage);
          if (leafPlace >= this.leafCount || leafPlace % perPage !== index) continue;
          const place = Math.floor(leafPlace / perPage);
          const key = `${middle} ${place}`;
          const start = starts.get(key);
          if (start === undefined) starts.set(key, { middle, place, leaves: [leaf] });
          else start.leaves.push(leaf);
        }
      }
    }
    return starts.values();
  }

  private knownFrom({ leaves }: Start): KnownLeaves {
    const known = new KnownLeaves(this.memory);
    for (const leaf of leaves) known.add(Math.floor(leaf / this.memory.perPage), leaf);
    return known;
  }

  /** The tree below that top, if all of it is there: each known leaf shows pages that may be others, or middle pages. */
  private whole(top: number, start: Start): P2mTree | undefined {
    const { memory, leafCount } = this;
    const { perPage } = memory;
    const known = this.knownFrom(start);
    const middles = new Map([[start.place, start.middle]]);
    const middleCount = Math.ceil(leafCount / perPage);
    for (let before = 0; known.size + middles.size > before; ) {
      before = known.size + middles.size;
      for (let i = 0; i < middleCount; i++) {
        const found = middles.get(i) ?? known.pfnOf(memory.entry(top, i));
        if (found === undefined) continue;
        middles.set(i, found);
        this.learn(known, found, i);
      }
    }
    if (known.size !== leafCount || middles.size !== middleCount || known.mfnOf(top) === undefined) return undefined;
    const pages = [top, ...new Set(middles.values())];
    if (new Set(pages).size !== pages.length || pages.some((page) => known.isLeaf(page))) return undefined;
    const links: { page: number; index: number; target: number }[] = [];
    for (const page of pages) {
      const named = known.links(page);
      if (named === undefined) return undefined;
      links.push(...named);
    }
    return { top, links };
  }

  /** The leaves that a middle page names, as far as the known ones show where those are. */
  private learn(known: KnownLeaves, middle: number, place: number): void {
    const { perPage } = this.memory;
    const first = place * perPage;
    const count = Math.min(perPage, this.leafCount - first);
    for (let before = -1; known.size > before; ) {
      before = known.size;
      for (let i = 0; i < count; i++) {
        if (known.has(first + i)) continue;
        const leaf = known.pfnOf(this.memory.entry(middle, i));
        if (leaf !== undefined) known.add(first + i, leaf);
      }
    }
  }
}

/** Leaves by their place, and what they say of the old host's frames. */
class KnownLeaves {
  private readonly leaves = new Map<number, number>();
  private readonly pages = new Set<number>();
  private readonly pfns = new Map<number, number>();

  constructor(private readonly memory: OldMemory) {}

  get size(): number {
    return this.leaves.size;
  }

  has(place: number): boolean {
    return this.leaves.has(place);
  }

  isLeaf(pfn: number): boolean {
    return this.pages.has(pfn);
  }

  add(place: number, leaf: number): void {
    this.leaves.set(place, leaf);
    this.pages.add(leaf);
    const { memory } = this;
    for (let i = 0; i < memory.perPage; i++) {
      const mfn = memory.entry(leaf, i);
      if (mfn !== 0) this.pfns.set(mfn, place * memory.perPage + i);
    }
  }

  pfnOf(mfn: number): number | undefined {
    return mfn === 0 ? undefined : this.pfns.get(mfn);
  }

  /** The mfn that a page had. */
  mfnOf(pfn: number): number | undefined {
    const { perPage } = this.memory;
    const leaf = this.leaves.get(Math.floor(pfn / perPage));
    const mfn = leaf === undefined ? 0 : this.memory.entry(leaf, pfn % perPage);
    return mfn === 0 ? undefined : mfn;
  }

  /** The entries of a page as pfns; undefined where one is neither empty nor a frame of the guest's. */
  links(page: number): P2mTree['links'] | undefined {
    const links: { page: number; index: number; target: number }[] = [];
    for (let index = 0; index < this.memory.perPage; index++) {
      const mfn = this.memory.entry(page, index);
      const target = this.pfnOf(mfn);
      if (mfn !== 0 && target === undefined) return undefined;
      if (target !== undefined) links.push({ page, index, target });
    }
    return links;
  }
}
