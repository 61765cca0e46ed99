import { chmodSync, closeSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DOMID_XEN } from '../../hypervisor/hypervisor.js';
import { BackingBudget } from './backing.js';
import { FrameAllocator } from './frame-allocator.js';
import { FLAG, FRAME_TYPE, FrameTable, INDEX_MASK, NO_OWNER } from './frame-table.js';
import { BLOCK_FRAMES, layoutMachine, type MachineLayout, WINDOW_FRAMES } from './layout.js';
import { MachineToPhys } from './m2p.js';
import { MachineMemory } from './machine-memory.js';
import { Random } from './random.js';

const PAGE_SIZE = 4096;

export interface MachineOptions {
  /** Where the memory file is made. */
  readonly path: string;
  readonly mebibytes: number;
  readonly seed: number;
}

/** The machine: its memory, what each frame is used for, and the machine-to-phys table. */
export class Machine {
  readonly frames: FrameTable;
  readonly m2p: MachineToPhys;
  /** First mfn of the machine-to-phys table that 32-bit guests see. */
  readonly compatM2pMfn: number;
  /** Frames of each owner, special ones not counted. */
  private readonly owned = new Uint32Array(2 ** 16);
  private readonly allocator: FrameAllocator;
  private readonly budget: BackingBudget;

  private constructor(
    readonly path: string,
    readonly layout: MachineLayout,
    readonly memory: MachineMemory,
    random: Random,
  ) {
    this.frames = new FrameTable(layout.span);
    this.allocator = new FrameAllocator(layout, random);
    this.budget = new BackingBudget(path, dirname(path));
    this.m2p = this.makeM2p();
    // 4-byte entries: half of a block would do, but Xen's unit is 2 MiB.
    this.compatM2pMfn = this.makeXenBlock();
  }

  static create({ path, mebibytes, seed }: MachineOptions): Machine {
    const random = new Random(seed);
    const layout = layoutMachine(mebibytes, random);
    const fd = openSync(path, 'w+', 0o600);
    try {
      chmodSync(path, 0o600);
      ftruncateSync(fd, Math.ceil(layout.span / WINDOW_FRAMES) * WINDOW_FRAMES * PAGE_SIZE);
    } finally {
      closeSync(fd);
    }
    return new Machine(path, layout, MachineMemory.open(path, layout.span), random);
  }

  get freeFrames(): number {
    return this.allocator.freeFrames;
  }

  /** How many of `wanted` frames the machine can give now without promising what the system does not have. */
  grant(wanted: number): number {
    const asked = Math.min(wanted, this.allocator.freeFrames);
    return this.budget.grant(asked, this.layout.frames - this.allocator.freeFrames);
  }

  /**
   * Allocates 2^order frames (order 0 or 9) and enters them in the frame table. The caller has asked grant().
   *
   * @returns the first mfn, or undefined
   */
  allocate(owner: number, order: number, flags = 0): number | undefined {
    const mfn = order === 0 ? this.allocator.allocateFrame() : this.allocator.allocateBlock();
    if (mfn === undefined) return undefined;
    const count = order === 0 ? 1 : BLOCK_FRAMES;
    for (let i = 0; i < count; i++) this.frames.take(mfn + i, owner, flags);
    if ((flags & FLAG.special) === 0) this.owned[owner]! += count;
    return mfn;
  }

  /** A frame of Xen's that a 32-bit guest can address too (Xen's own heap lies below 4 GiB). */
  allocateShared(owner: number): number | undefined {
    const mfn = this.allocator.allocateFrameBelow(2 ** 20);
    if (mfn !== undefined) this.frames.take(mfn, owner, FLAG.special);
    return mfn;
  }

  /** Frames that a domain has, shared_info and grant frames not counted. */
  framesOf(owner: number): number {
    return this.owned[owner]!;
  }

  /** Drops a reference on a frame; the last one frees it. Callers free many: see freeing(). */
  putFrame(mfn: number, freed: FreedFrames): void {
    const columns = this.frames.columns(mfn)!;
    const at = mfn & INDEX_MASK;
    const left = columns.count[at]! - 1;
    columns.count[at] = left;
    if (left > 0) return;
    if ((columns.flags[at]! & FLAG.special) === 0) this.owned[columns.owner[at]!]!--;
    columns.owner[at] = NO_OWNER;
    columns.type[at] = FRAME_TYPE.none;
    columns.flags[at] = 0;
    this.m2p.set(mfn, -1);
    freed.add(mfn);
  }

  /** Runs `work`, then gives all frames it freed back to the system, side by side ones at once. */
  freeing<T>(work: (freed: FreedFrames) => T): T {
    const freed = new FreedFrames();
    try {
      return work(freed);
    } finally {
      for (const { first, count } of freed.runs()) {
        this.memory.discard(first, count);
        for (let i = 0; i < count; i++) this.allocator.release(first + i);
      }
    }
  }

  /** Ends the machine: its memory goes back to the system, even where processes still map it. */
  destroy(): void {
    for (const { first, count } of this.layout.stretches) this.memory.discard(first, count);
    // It may have been removed, and another host's made in its place.
    if (this.memory.isAt(this.path)) rmSync(this.path, { force: true });
    this.memory.close();
  }

  private makeM2p(): MachineToPhys {
    const windows = Math.ceil(this.layout.span / WINDOW_FRAMES);
    let empty: number | undefined;
    const extents = Array.from({ length: windows }, (_, index) => {
      const from = index * WINDOW_FRAMES;
      const hasRam = this.layout.stretches.some((s) => s.first < from + WINDOW_FRAMES && s.first + s.count > from);
      if (hasRam) return this.makeXenBlock();
      empty ??= this.makeXenBlock();
      return empty;
    });
    return new MachineToPhys(this.memory, extents);
  }

  /** 2 MiB of Xen's own, all ones. */
  private makeXenBlock(): number {
    const mfn = this.allocator.takeBlock();
    if (mfn === undefined) throw new Error('the machine is too small for its own tables');
    for (let i = 0; i < BLOCK_FRAMES; i++) this.frames.take(mfn + i, DOMID_XEN, FLAG.special);
    this.memory.stretch(mfn, BLOCK_FRAMES).fill(0xff);
    return mfn;
  }
}

/** Frames that lost their last reference, to be given back together. */
export class FreedFrames {
  private mfns: number[] = [];

  add(mfn: number): void {
    this.mfns.push(mfn);
  }

  /** Maximal stretches within a window, ascending. */
  *runs(): Generator<{ first: number; count: number }> {
    const sorted = Float64Array.from(this.mfns).sort();
    for (let i = 0; i < sorted.length; ) {
      const first = sorted[i]!;
      let count = 1;
      while (sorted[i + count] === first + count && (first + count) % WINDOW_FRAMES !== 0) count++;
      yield { first, count };
      i += count;
    }
  }
}
