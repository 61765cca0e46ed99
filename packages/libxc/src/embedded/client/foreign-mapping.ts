import { PAGE_SIZE } from '../../hypervisor/frames.js';
import type { ForeignMapping } from '../../hypervisor/hypervisor.js';
import { WINDOW_FRAMES } from '../memory/layout.js';
import type { MachineMemory } from '../memory/machine-memory.js';
import type { MappedFrames } from '../wire/operations.js';

/** Frames of a domain, seen through this process's own mapping of the machine's memory. */
export class MappedForeignFrames implements ForeignMapping {
  readonly count: number;
  readonly errors: Uint8Array;
  private ended: Promise<void> | undefined;

  constructor(
    private readonly memory: MachineMemory,
    private readonly frames: MappedFrames,
    private readonly release: () => Promise<void>,
  ) {
    this.count = frames.mfns.length;
    this.errors = frames.errors;
  }

  page(i: number): Uint8Array {
    return this.memory.frame(this.mfnOf(i));
  }

  runs(from: number, to: number): Uint8Array[] {
    const runs: Uint8Array[] = [];
    for (let i = from; i < to; ) {
      const count = this.sideBySide(i, to);
      runs.push(this.memory.stretch(this.mfnOf(i), count));
      i += count;
    }
    return runs;
  }

  async read(from: number, to: number, room: Uint8Array): Promise<readonly Uint8Array[]> {
    // At the same time: frames that lie scattered would otherwise wait for a turn of a thread each.
    const reads: Promise<void>[] = [];
    for (let i = from; i < to; ) {
      const count = this.sideBySide(i, to);
      const at = (i - from) * PAGE_SIZE;
      reads.push(this.memory.read(this.mfnOf(i), room.subarray(at, at + count * PAGE_SIZE)));
      i += count;
    }
    for (const read of await Promise.allSettled(reads)) if (read.status === 'rejected') throw read.reason;
    return [room.subarray(0, (to - from) * PAGE_SIZE)];
  }

  async write(from: number, contents: Uint8Array): Promise<void> {
    const to = from + contents.length / PAGE_SIZE;
    for (let i = from; i < to; ) {
      const count = this.sideBySide(i, to);
      const at = (i - from) * PAGE_SIZE;
      await this.memory.write(this.mfnOf(i), contents.subarray(at, at + count * PAGE_SIZE));
      i += count;
    }
  }

  unmap(): Promise<void> {
    this.ended ??= this.release();
    return this.ended;
  }

  /** How many frames from `i` on, before `to`, lie side by side in one window. */
  private sideBySide(i: number, to: number): number {
    const first = this.mfnOf(i);
    let count = 1;
    while (i + count < to && this.mfnOf(i + count) === first + count && (first + count) % WINDOW_FRAMES !== 0) count++;
    return count;
  }

  private mfnOf(i: number): number {
    if (this.ended !== undefined) throw new Error('the mapping was unmapped');
    if (!(i >= 0 && i < this.count)) throw new RangeError(`frame ${i} of a mapping of ${this.count}`);
    const errno = this.errors[i]!;
    if (errno !== 0) throw new Error(`frame ${i} of the mapping failed with errno ${errno}`);
    return this.frames.mfns[i]!;
  }
}
