import { BLOCK_FRAMES, type MachineLayout, type Stretch } from './layout.js';
import type { Random } from './random.js';

const BLOCK_SHIFT = 9;
const WORDS_PER_BLOCK = BLOCK_FRAMES / 32;
/** Blocks that single frames come from at the same time. */
const OPEN_BLOCKS = 32;
const LONGEST_RUN = 64;
/** One in so many requests for a whole block fails though there is one: callers must be able to do without. */
const REFUSE_ONE_IN = 64;

/**
 * Hands out frames in no helpful order: whole blocks of 2 MiB scattered over the machine, single frames in short runs
 * (1 to 64 side by side) from many blocks. Nothing of a frame's number follows from when or for which pfn it was asked.
 */
export class FrameAllocator {
  /** A set bit: the frame is free. */
  private readonly free: Uint32Array;
  private readonly freeInBlock: Uint16Array;
  /** First mfn of each block. */
  private readonly blockMfn: Uint32Array;
  /** Whole free blocks, in scrambled order. */
  private readonly whole: number[];
  /** Blocks with some free frames, none of them open. */
  private readonly partial: number[] = [];
  private readonly open: number[] = [];
  /** Whether a block is in `partial` or `open`. */
  private readonly listed: Uint8Array;
  private readonly stretches: readonly (Stretch & { block: number })[];
  private runBlock = 0;
  private runAt = 0;
  private runLeft = 0;
  freeFrames: number;

  constructor(
    layout: MachineLayout,
    private readonly random: Random,
  ) {
    const blocks = layout.frames / BLOCK_FRAMES;
    this.free = new Uint32Array(blocks * WORDS_PER_BLOCK).fill(0xffff_ffff);
    this.freeInBlock = new Uint16Array(blocks).fill(BLOCK_FRAMES);
    this.blockMfn = new Uint32Array(blocks);
    this.listed = new Uint8Array(blocks);
    this.freeFrames = layout.frames;
    let block = 0;
    this.stretches = layout.stretches.map((stretch) => {
      const first = block;
      for (let mfn = stretch.first; mfn < stretch.first + stretch.count; mfn += BLOCK_FRAMES)
        this.blockMfn[block++] = mfn;
      return { ...stretch, block: first };
    });
    const order = Uint32Array.from({ length: blocks }, (_, i) => i);
    random.shuffle(order);
    this.whole = Array.from(order);
  }

  /** First mfn of 512 aligned frames, or undefined. */
  allocateBlock(): number | undefined {
    if (this.random.below(REFUSE_ONE_IN) === 0) return undefined;
    return this.takeBlock();
  }

  /** The same for Xen's own use, which gets one if there is one. */
  takeBlock(): number | undefined {
    if (this.whole.length === 0) this.reclaim();
    const block = this.whole.pop();
    if (block === undefined) return undefined;
    this.free.fill(0, block * WORDS_PER_BLOCK, (block + 1) * WORDS_PER_BLOCK);
    this.freeInBlock[block] = 0;
    this.freeFrames -= BLOCK_FRAMES;
    return this.blockMfn[block]!;
  }

  /** One frame, or undefined when none is free. */
  allocateFrame(): number | undefined {
    while (this.runLeft === 0 || !this.isFree(this.runBlock, this.runAt)) if (!this.startRun()) return undefined;
    const { runBlock: block, runAt: at } = this;
    this.free[block * WORDS_PER_BLOCK + (at >>> 5)]! &= ~(1 << (at & 31));
    this.freeInBlock[block]!--;
    this.freeFrames--;
    this.runAt++;
    this.runLeft = this.runAt === BLOCK_FRAMES ? 0 : this.runLeft - 1;
    return this.blockMfn[block]! + at;
  }

  /** A frame with an mfn below `limit`, for Xen's own use; undefined when none is free. */
  allocateFrameBelow(limit: number): number | undefined {
    const blocks = this.blockMfn.length;
    const first = this.random.below(blocks);
    for (let i = 0; i < blocks; i++) {
      const block = (first + i) % blocks;
      if (this.blockMfn[block]! >= limit || this.freeInBlock[block] === 0) continue;
      if (this.freeInBlock[block] === BLOCK_FRAMES && this.listed[block] === 0) {
        this.whole.splice(this.whole.indexOf(block), 1);
        this.listed[block] = 1;
        this.partial.push(block);
      }
      let at = this.random.below(BLOCK_FRAMES);
      while (!this.isFree(block, at)) at = (at + 1) % BLOCK_FRAMES;
      this.free[block * WORDS_PER_BLOCK + (at >>> 5)]! &= ~(1 << (at & 31));
      this.freeInBlock[block]!--;
      this.freeFrames--;
      return this.blockMfn[block]! + at;
    }
    return undefined;
  }

  release(mfn: number): void {
    const block = this.blockOf(mfn);
    const at = mfn & (BLOCK_FRAMES - 1);
    if (this.isFree(block, at)) throw new Error(`frame ${mfn} is freed twice`);
    this.free[block * WORDS_PER_BLOCK + (at >>> 5)]! |= 1 << (at & 31);
    const free = ++this.freeInBlock[block]!;
    this.freeFrames++;
    if (this.listed[block] === 1) return;
    if (free === BLOCK_FRAMES) {
      this.whole.push(block);
    } else {
      this.listed[block] = 1;
      this.partial.push(block);
    }
  }

  /** Chooses where the next single frames come from. */
  private startRun(): boolean {
    this.runLeft = 0;
    while (this.open.length < OPEN_BLOCKS) {
      const block = this.nextToOpen();
      if (block === undefined) break;
      this.listed[block] = 1;
      this.open.push(block);
    }
    if (this.open.length === 0) return false;
    const slot = this.random.below(this.open.length);
    const block = this.open[slot]!;
    if (this.freeInBlock[block] === 0) {
      this.listed[block] = 0;
      this.open[slot] = this.open[this.open.length - 1]!;
      this.open.pop();
      return this.startRun();
    }
    let at = this.random.below(BLOCK_FRAMES);
    while (!this.isFree(block, at)) at = (at + 1) % BLOCK_FRAMES;
    this.runBlock = block;
    this.runAt = at;
    this.runLeft = 1 + this.random.below(LONGEST_RUN);
    return true;
  }

  /** Blocks of which every frame came back are whole again. */
  private reclaim(): void {
    // The run goes on in an open block, which may be whole from now on.
    this.runLeft = 0;
    for (const list of [this.partial, this.open]) {
      for (let i = list.length - 1; i >= 0; i--) {
        const block = list[i]!;
        if (this.freeInBlock[block] !== BLOCK_FRAMES) continue;
        list.splice(i, 1);
        this.listed[block] = 0;
        this.whole.push(block);
      }
    }
  }

  private nextToOpen(): number | undefined {
    for (let block = this.partial.pop(); block !== undefined; block = this.partial.pop()) {
      this.listed[block] = 0;
      const free = this.freeInBlock[block]!;
      // It filled up with frees meanwhile: whole again.
      if (free === BLOCK_FRAMES) this.whole.push(block);
      else if (free > 0) return block;
    }
    return this.whole.pop();
  }

  private isFree(block: number, at: number): boolean {
    return ((this.free[block * WORDS_PER_BLOCK + (at >>> 5)]! >>> (at & 31)) & 1) === 1;
  }

  private blockOf(mfn: number): number {
    for (const stretch of this.stretches) {
      if (mfn >= stretch.first && mfn < stretch.first + stretch.count) {
        return stretch.block + ((mfn - stretch.first) >>> BLOCK_SHIFT);
      }
    }
    throw new Error(`frame ${mfn} is no RAM`);
  }
}
