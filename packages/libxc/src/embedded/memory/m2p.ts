import { INVALID_FRAME } from '../../hypervisor/frames.js';
import { WINDOW_FRAMES, WINDOW_SHIFT } from './layout.js';
import type { MachineMemory } from './machine-memory.js';

/** Entries of 8 bytes in a frame. */
const ENTRIES_SHIFT = 9;
const ENTRY_MASK = (1 << ENTRIES_SHIFT) - 1;
const NOT_PSEUDO_PHYSICAL = 0xffff_ffff;

/**
 * The machine-to-phys table: for each mfn the pfn it appears at, as 8-byte entries in frames of the machine itself, in
 * extents of 2 MiB (512 frames: the entries of 1 GiB) that lie anywhere. All ones: part of nobody's pseudo-physical
 * memory. Toolstacks map it; it is live. Stretches without RAM share one extent of all ones.
 */
export class MachineToPhys {
  constructor(
    private readonly memory: Pick<MachineMemory, 'words'>,
    /** First mfn of the extent for each window. */
    readonly extents: readonly number[],
  ) {}

  /** INVALID_FRAME for none. */
  pfnOf(mfn: number): number {
    const base = this.extents[mfn >>> WINDOW_SHIFT];
    if (base === undefined || mfn < 0) return INVALID_FRAME;
    const words = this.memory.words(base + ((mfn & (WINDOW_FRAMES - 1)) >>> ENTRIES_SHIFT));
    const at = (mfn & ENTRY_MASK) * 2;
    return words[at + 1] === 0 ? words[at]! : INVALID_FRAME;
  }

  /** @param pfn INVALID_FRAME: none */
  set(mfn: number, pfn: number): void {
    const base = this.extents[mfn >>> WINDOW_SHIFT]!;
    const words = this.memory.words(base + ((mfn & (WINDOW_FRAMES - 1)) >>> ENTRIES_SHIFT));
    const at = (mfn & ENTRY_MASK) * 2;
    words[at] = pfn === INVALID_FRAME ? NOT_PSEUDO_PHYSICAL : pfn;
    words[at + 1] = pfn === INVALID_FRAME ? NOT_PSEUDO_PHYSICAL : 0;
  }
}
