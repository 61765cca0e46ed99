import { statfsSync, statSync } from 'node:fs';
import { freemem } from 'node:os';
import { PAGE_SIZE } from '../../hypervisor/frames.js';

/** Left to the rest of the system. */
const RESERVE_BYTES = 64 * 2 ** 20;

/** Bytes that the file system and the system's memory could still give to a file in `directory`. */
export function availableBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return Math.max(0, Math.min(bavail * bsize, availableMemory()) - RESERVE_BYTES);
}

/** What can be had without swapping, within the limits that this process is under. */
function availableMemory(): number {
  // Not in the first releases of Node 20.
  return typeof process.availableMemory === 'function' ? process.availableMemory() : freemem();
}

/**
 * Whether frames may be promised: the memory file is sparse, and a guest that touches a frame which the file system
 * can't back would be killed by the kernel (SIGBUS). Looks at the system anew for every 64 MiB promised.
 */
export class BackingBudget {
  private frames = 0;

  constructor(
    private readonly file: string,
    private readonly directory: string,
  ) {}

  /**
   * @param promised frames that are allocated now
   * @returns how many of `wanted` frames can be promised; they count as promised from now on
   */
  grant(wanted: number, promised: number): number {
    if (wanted > this.frames) this.frames = Math.min(this.look(promised), Math.max(wanted, CHECK_FRAMES));
    const granted = Math.min(wanted, this.frames);
    this.frames -= granted;
    return granted;
  }

  private look(promised: number): number {
    const touched = (statSync(this.file).blocks * 512) / PAGE_SIZE;
    const untouched = Math.max(0, promised - touched);
    return Math.max(0, Math.floor(availableBytes(this.directory) / PAGE_SIZE) - untouched);
  }
}

const CHECK_FRAMES = (64 * 2 ** 20) / PAGE_SIZE;

const LARGEST_DEFAULT_MIB = 16 * 1024;

/** The size of a machine for which none was given: three quarters of what the system can spare. */
export function defaultMebibytes(directory: string): number {
  return Math.min(LARGEST_DEFAULT_MIB, Math.floor((availableBytes(directory) * 0.75) / 2 ** 20));
}
