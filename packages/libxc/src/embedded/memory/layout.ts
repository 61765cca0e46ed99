import type { Random } from './random.js';

/** Frames in a 2 MiB block, the largest extent that is allocated at once. */
export const BLOCK_FRAMES = 512;
/** Frames of a window: 1 GiB of memory, mapped at once; the same stretch is one extent of the machine-to-phys table. */
export const WINDOW_SHIFT = 18;
export const WINDOW_FRAMES = 2 ** WINDOW_SHIFT;

/** A stretch of machine memory. In frames; both are multiples of BLOCK_FRAMES. */
export interface Stretch {
  readonly first: number;
  readonly count: number;
}

/** Where the machine's RAM lies. */
export interface MachineLayout {
  readonly stretches: readonly Stretch[];
  /** All RAM, frames. */
  readonly frames: number;
  /** One more than the highest mfn. */
  readonly span: number;
}

const FOUR_GIB = 2 ** 20;
/** 64 MiB: Xen's own tables take 8. */
const MIN_BLOCKS = 32;

/**
 * RAM below 4 GiB and above, as PCs have it: a 32-bit guest's CR3 is rotated, and only mfns of 2^20 and more show whether
 * that is done right. Where it starts differs between hosts.
 */
export function layoutMachine(mebibytes: number, random: Random): MachineLayout {
  const blocks = Math.max(MIN_BLOCKS, Math.floor(mebibytes / 2));
  const lowBlocks = Math.min(Math.floor(blocks / 2), 1024);
  const low = { first: (1 + random.below(32)) * BLOCK_FRAMES, count: lowBlocks * BLOCK_FRAMES };
  const high = { first: FOUR_GIB + random.below(64) * BLOCK_FRAMES, count: (blocks - lowBlocks) * BLOCK_FRAMES };
  return { stretches: [low, high], frames: blocks * BLOCK_FRAMES, span: high.first + high.count };
}
