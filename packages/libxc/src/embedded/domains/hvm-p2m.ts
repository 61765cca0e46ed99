import { INVALID_FRAME } from '../../hypervisor/frames.js';

/** An HVM guest's physical memory: for each gfn the mfn behind it, shared with the vcpus' threads. 0: a hole. */
export class HvmP2m {
  readonly table: SharedArrayBuffer;
  private readonly entries: Uint32Array;
  /** The highest gfn that ever had memory; -1: none. */
  highest = -1;

  constructor(readonly capacity: number) {
    this.table = new SharedArrayBuffer(capacity * 4);
    this.entries = new Uint32Array(this.table);
  }

  /** INVALID_FRAME: a hole. */
  mfnOf(gfn: number): number {
    const mfn = this.entries[gfn];
    return mfn === undefined || mfn === 0 ? INVALID_FRAME : mfn;
  }

  /** @param mfn INVALID_FRAME makes a hole */
  set(gfn: number, mfn: number): void {
    this.entries[gfn] = mfn === INVALID_FRAME ? 0 : mfn;
    if (mfn !== INVALID_FRAME && gfn > this.highest) this.highest = gfn;
  }
}
