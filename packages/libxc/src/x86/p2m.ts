import { INVALID_FRAME } from '../hypervisor/frames.js';
import { type GuestWidth, pvLayout } from './layout.js';
import type { MachineToPhys } from './m2p.js';

/**
 * A PV guest's phys-to-machine array, cut into pages ("leaves"). On save they are the guest's own, mapped and changing; on
 * restore they are ours, appear as pfns are populated, and have words as wide as this host's frame numbers need.
 */
export class P2m {
  /** Entries in a leaf, as a power of two. */
  readonly entryShift: number;

  constructor(
    /** Bytes of an entry. */
    readonly width: GuestWidth,
    /** Each leaf as 32-bit words: one per entry (width 4) or two (width 8: low, high). */
    readonly leaves: (Uint32Array | undefined)[],
    public maxPfn: number,
  ) {
    this.entryShift = pvLayout(width).entryShift;
  }

  /** Of a guest that gets its memory on this host: half of the memory where frame numbers fit 32 bits, as up to 16 TiB. */
  static forRestore({ maxMfn }: Pick<MachineToPhys, 'maxMfn'>): P2m {
    return new P2m(maxMfn < 0xffff_ffff ? 4 : 8, [], -1);
  }

  /** The entry's mfn; INVALID_FRAME where there is none. */
  mfnOf(pfn: number): number {
    if (!(pfn >= 0 && pfn <= this.maxPfn)) return INVALID_FRAME;
    const leaf = this.leaves[pfn >>> this.entryShift];
    if (leaf === undefined) return INVALID_FRAME;
    if (this.width === 4) {
      const entry = leaf[pfn & 1023]!;
      return entry === 0xffff_ffff ? INVALID_FRAME : entry;
    }
    const at = (pfn & 511) * 2;
    const high = leaf[at + 1]!;
    // Bits 62 and 63 mark foreign and identity frames in Linux; nothing from bit 52 up is a frame number.
    return high >>> 20 !== 0 ? INVALID_FRAME : high * 2 ** 32 + leaf[at]!;
  }

  /** @throws RangeError for a pfn past maxPfn */
  set(pfn: number, mfn: number): void {
    if (!(pfn >= 0 && pfn <= this.maxPfn)) throw new RangeError(`pfn ${pfn} is past ${this.maxPfn}`);
    const index = pfn >>> this.entryShift;
    let leaf = this.leaves[index];
    if (leaf === undefined) {
      leaf = new Uint32Array(1024).fill(0xffff_ffff);
      this.leaves[index] = leaf;
    }
    // Typed arrays keep the low 32 bits; INVALID_FRAME is all ones in both words.
    if (this.width === 4) {
      leaf[pfn & 1023] = mfn;
      return;
    }
    leaf[(pfn & 511) * 2] = mfn;
    leaf[(pfn & 511) * 2 + 1] = Math.floor(mfn / 2 ** 32);
  }
}

/** What tells a guest's own memory from all other: the host's table and the guest's must agree on a frame. */
export interface PvAddressSpace {
  readonly m2p: MachineToPhys;
  readonly p2m: P2m;
}

/**
 * The pfn of one of the guest's own machine frames, else INVALID_FRAME. All three tests are needed: the mfn exists, its
 * M2P entry is a pfn that the guest has, and the guest's entry for that pfn leads back. A foreign frame's M2P entry may
 * well be a small number.
 */
export function guestPfnOf(space: PvAddressSpace, mfn: number): number {
  const pfn = space.m2p.pfnOf(mfn);
  return pfn !== INVALID_FRAME && space.p2m.mfnOf(pfn) === mfn ? pfn : INVALID_FRAME;
}

/** The machine frame of a pfn, else INVALID_FRAME, by the same agreement of both tables. */
export function guestMfnOf(space: PvAddressSpace, pfn: number): number {
  const mfn = space.p2m.mfnOf(pfn);
  return mfn !== INVALID_FRAME && space.m2p.pfnOf(mfn) === pfn ? mfn : INVALID_FRAME;
}
