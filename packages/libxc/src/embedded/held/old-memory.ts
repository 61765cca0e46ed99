import { pvLayout } from '../../x86/layout.js';
import { readWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';
import type { MachineMemory } from '../memory/machine-memory.js';

/** What is larger is no frame. Xen gives a 32-bit guest none beyond what its compat machine-to-phys table holds. */
const MOST_FRAMES = { 4: 2 ** 26, 8: 2 ** 40 } as const;

/** The memory of a guest by pfn, with the mfns of the host that it came from in its p2m. */
export class OldMemory {
  /** Entries in a page. */
  readonly perPage: number;
  /** As the guest says; more than it has, maybe. */
  readonly pfnCount: number;
  private readonly width: 4 | 8;
  private readonly memory: MachineMemory;
  /** By pfn: where the page is now; 0: nowhere. */
  private readonly mfns: Uint32Array;
  private words: Uint32Array = new Uint32Array(1024);
  private wordsOf = -1;

  constructor({ machine }: HostState, { domid, width, sharedInfoMfn }: Domain) {
    this.width = width;
    this.perPage = 4096 / width;
    this.memory = machine.memory;
    const { pfnCount } = pvLayout(width).sharedInfo;
    this.pfnCount = Number(readWord(machine.memory.frame(sharedInfoMfn), pfnCount, width));
    let highest = -1;
    const each = (visit: (pfn: number, mfn: number) => void) =>
      machine.frames.forEachOwned(domid, (mfn) => {
        const pfn = machine.m2p.pfnOf(mfn);
        if (pfn >= 0 && pfn < this.pfnCount) visit(pfn, mfn);
      });
    each((pfn) => {
      highest = Math.max(highest, pfn);
    });
    this.mfns = new Uint32Array(highest + 1);
    each((pfn, mfn) => {
      this.mfns[pfn] = mfn;
    });
  }

  /** The pages that hold nothing but entries of a p2m: leaves, middle pages, tops, and what looks like them. */
  lists(): number[] {
    const lists: number[] = [];
    for (let pfn = 0; pfn < this.mfns.length; pfn++) {
      if (this.mfns[pfn] === 0) continue;
      // A leaf of which anything is known covers itself; middle pages and tops begin with a frame.
      if (this.entry(pfn, pfn % this.perPage) === 0 && this.entry(pfn, 0) === 0) continue;
      if (this.isList(pfn)) lists.push(pfn);
    }
    return lists;
  }

  /** The frame in an entry; 0 where there is none. */
  entry(pfn: number, index: number): number {
    const words = this.page(pfn);
    if (words === undefined) return 0;
    const value = this.width === 4 ? words[index]! : words[index * 2]! + words[index * 2 + 1]! * 2 ** 32;
    return value < MOST_FRAMES[this.width] ? value : 0;
  }

  /** It says which frame it was itself, and names no frame twice. */
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

  private isList(pfn: number): boolean {
    const words = this.page(pfn)!;
    const most = MOST_FRAMES[this.width];
    if (this.width === 4) return words.every((word) => isEntry(word, most));
    for (let i = 1; i < words.length; i += 2) if (!isEntry(words[i]!, most / 2 ** 32)) return false;
    return true;
  }

  private page(pfn: number): Uint32Array | undefined {
    if (pfn === this.wordsOf) return this.words;
    const mfn = this.mfns[pfn] ?? 0;
    if (mfn === 0) return undefined;
    this.words = this.memory.words(mfn);
    this.wordsOf = pfn;
    return this.words;
  }
}

/**
 * Whether the upper word of an entry can be one: of a frame, of nothing (all ones), or of what is none of the guest's frames,
 * which Linux marks by one of the uppermost bits (foreign, identity). Pointers of kernels have both of them.
 */
function isEntry(word: number, most: number): boolean {
  const mark = word >>> 30;
  return word < most || word === 0xffff_ffff || mark === 1 || mark === 2;
}
