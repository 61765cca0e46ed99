/// <reference lib="es2024.sharedmemory" />
import { INVALID_FRAME } from '../../hypervisor/frames.js';

const ENTRY_SIZE = 4;
/** An entry without a frame, that is given one at its first use (populate-on-demand). */
export const ON_DEMAND = 0xffff_ffff;
/** Entries that a table begins with, 256 MiB of guest: most tables never grow, and one costs 256 KiB. */
const FIRST_ENTRIES = 2 ** 16;

/**
 * An HVM guest's physical memory: for each gfn the mfn behind it. 0: a hole, and so is all that lies past the table. The
 * buffer is shared with the vcpus' threads and grows in place: they look at it anew (entriesOf) for a gfn past what they saw.
 */
export class HvmP2m {
  readonly table: SharedArrayBuffer;
  private entries: Uint32Array;
  /** The highest gfn that ever had memory; -1: none. */
  highest = -1;
  /** Entries that are populated on demand. */
  onDemand = 0;

  constructor(readonly capacity: number) {
    const first = Math.min(FIRST_ENTRIES, capacity);
    this.table = new SharedArrayBuffer(first * ENTRY_SIZE, { maxByteLength: capacity * ENTRY_SIZE });
    this.entries = entriesOf(this.table);
  }

  /** INVALID_FRAME: a hole, or an entry without a frame as yet. */
  mfnOf(gfn: number): number {
    const mfn = this.entries[gfn];
    return mfn === undefined || mfn === 0 || mfn === ON_DEMAND ? INVALID_FRAME : mfn;
  }

  isOnDemand(gfn: number): boolean {
    return this.onDemand > 0 && this.entries[gfn] === ON_DEMAND;
  }

  /** @param mfn INVALID_FRAME makes a hole, ON_DEMAND an entry without a frame */
  set(gfn: number, mfn: number): void {
    if (gfn >= this.entries.length) this.growTo(gfn + 1);
    if (this.isOnDemand(gfn)) this.onDemand--;
    if (mfn === ON_DEMAND) this.onDemand++;
    this.entries[gfn] = mfn === INVALID_FRAME ? 0 : mfn;
    if (mfn !== INVALID_FRAME && gfn > this.highest) this.highest = gfn;
  }

  private growTo(entries: number): void {
    const wanted = Math.min(this.capacity, 2 ** Math.ceil(Math.log2(entries)));
    if (wanted <= this.entries.length) return;
    this.table.grow(wanted * ENTRY_SIZE);
    this.entries = entriesOf(this.table);
  }
}

/** The table as large as it is now. A view with a length of its own: one that grows along is many times slower to read. */
export function entriesOf(table: SharedArrayBuffer): Uint32Array {
  return new Uint32Array(table, 0, table.byteLength / ENTRY_SIZE);
}
