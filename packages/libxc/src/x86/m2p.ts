import { type FrameList, INVALID_FRAME } from '../hypervisor/frames.js';
import { DOMID_XEN, type ForeignMapping, type Hypervisor } from '../hypervisor/hypervisor.js';
import { wordsOf } from './words.js';

/** The table comes in extents of 2 MiB: 512 frames, 262144 entries of 8 bytes, 1 GiB of machine memory. */
const EXTENT_FRAMES = 512;
const EXTENT_SHIFT = 18;
const FRAME_SHIFT = 9;

/**
 * Xen's machine-to-phys table: for every mfn the pfn that its owner knows it by. A live read-only mapping: entries
 * appear in it as frames are populated. An entry alone proves nothing (it may be another domain's, or Xen's own);
 * see PvAddressSpace.
 */
export class MachineToPhys {
  private constructor(
    private readonly mapping: ForeignMapping | undefined,
    /** Highest mfn of the host. */
    readonly maxMfn: number,
    /** The table as pairs of 32-bit words (low, high), cut into stretches of 2^shift entries. */
    readonly stretches: readonly Uint32Array[],
    readonly shift: number,
  ) {}

  /** @throws HypervisorError; Error when the hypervisor lists fewer extents than its highest mfn needs */
  static async map(hypervisor: Hypervisor): Promise<MachineToPhys> {
    const maxMfn = await hypervisor.maximumRamPage();
    const extents = Math.floor(maxMfn / 2 ** EXTENT_SHIFT) + 1;
    const bases = await hypervisor.machphysMfnList(extents);
    if (bases.length !== extents) {
      throw new Error(`the machine-to-phys table has ${bases.length} extents, its highest mfn needs ${extents}`);
    }
    const mapping = await hypervisor.mapForeign(DOMID_XEN, framesOfExtents(bases), 'read');
    const failed = mapping.errors.findIndex((errno) => errno !== 0);
    if (failed >= 0) {
      await mapping.unmap();
      throw new Error(`frame ${failed} of the machine-to-phys table can't be mapped (errno ${mapping.errors[failed]})`);
    }
    return MachineToPhys.cut(mapping, extents, maxMfn);
  }

  /** A table that lies in this process, for tests: entry n is words 2n, 2n + 1. */
  static of(words: Uint32Array): MachineToPhys {
    return new MachineToPhys(undefined, words.length / 2 - 1, stretchesOf([words], EXTENT_SHIFT), EXTENT_SHIFT);
  }

  private static cut(mapping: ForeignMapping, extents: number, maxMfn: number): MachineToPhys {
    const runs: Uint32Array[] = [];
    let whole = true;
    for (let i = 0; i < extents; i++) {
      const views = mapping.runs(i * EXTENT_FRAMES, (i + 1) * EXTENT_FRAMES);
      whole &&= views.length === 1;
      for (const view of views) runs.push(wordsOf(view));
    }
    // Where an extent is not one view here, single frames are the largest stretches of even length.
    const shift = whole ? EXTENT_SHIFT : FRAME_SHIFT;
    const stretches = stretchesOf(runs, shift);
    // Entries past the highest mfn mean nothing; cut off, they read as undefined and match no pfn.
    const last = stretches.length - 1;
    const entriesBefore = last * 2 ** shift;
    const kept = stretches.slice(0, Math.floor(maxMfn / 2 ** shift) + 1);
    if (kept.length === stretches.length) kept[last] = kept[last]!.subarray(0, (maxMfn - entriesBefore + 1) * 2);
    return new MachineToPhys(mapping, maxMfn, kept, shift);
  }

  /** The pfn of a machine frame, or INVALID_FRAME where the entry holds none (or there is no such mfn). */
  pfnOf(mfn: number): number {
    if (!(mfn >= 0 && mfn <= this.maxMfn)) return INVALID_FRAME;
    const stretch = this.stretches[Math.floor(mfn / 2 ** this.shift)];
    const at = (mfn % 2 ** this.shift) * 2;
    const low = stretch?.[at];
    return low === undefined || stretch?.[at + 1] !== 0 ? INVALID_FRAME : low;
  }

  async unmap(): Promise<void> {
    await this.mapping?.unmap();
  }
}

function framesOfExtents(bases: FrameList): FrameList {
  const frames = new Float64Array(bases.length * EXTENT_FRAMES);
  for (let i = 0; i < frames.length; i++) frames[i] = bases[Math.floor(i / EXTENT_FRAMES)]! + (i % EXTENT_FRAMES);
  return frames;
}

function stretchesOf(runs: readonly Uint32Array[], shift: number): Uint32Array[] {
  const words = 2 ** shift * 2;
  const stretches: Uint32Array[] = [];
  for (const run of runs) {
    for (let at = 0; at < run.length; at += words) stretches.push(run.subarray(at, at + words));
  }
  return stretches;
}
