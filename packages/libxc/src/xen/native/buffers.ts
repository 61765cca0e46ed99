import { HypervisorError } from '../../hypervisor/errors.js';
import { PAGE_SIZE } from '../../hypervisor/frames.js';
import type { XenLibraries } from './libraries.js';

/** Memory that the hypervisor can read and write whatever the kernel does. */
export interface HypercallBuffer {
  readonly address: bigint;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Pages. */
  readonly size: number;
}

/** Buffers of one size that are kept for the next call. */
const KEPT = 8;
/** Pages; larger ones are given back at once. */
const LARGEST_KEPT = 64;

/** Hands out hypercall buffers and keeps used ones: allocating one costs two system calls. */
export class HypercallBuffers {
  private readonly free = new Map<number, HypercallBuffer[]>();

  constructor(private readonly libraries: XenLibraries) {}

  /** Runs `use` with a buffer of at least so many bytes; its content is arbitrary. */
  async with<T>(bytes: number, use: (buffer: HypercallBuffer) => T | Promise<T>): Promise<T> {
    const buffer = this.take(bytes);
    try {
      return await use(buffer);
    } finally {
      this.give(buffer);
    }
  }

  take(bytes: number): HypercallBuffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(1, Math.ceil(bytes / PAGE_SIZE))));
    const kept = this.free.get(size)?.pop();
    if (kept !== undefined) return kept;
    const address = this.libraries.allocatePages(size);
    if (address === 0n) {
      throw new HypervisorError('ENOMEM', 'hypercall', undefined, `no memory for a buffer of ${size} pages`);
    }
    const view = this.libraries.view(address, size * PAGE_SIZE);
    return { address, bytes: view, view: new DataView(view.buffer), size };
  }

  give(buffer: HypercallBuffer): void {
    const kept = this.free.get(buffer.size) ?? [];
    this.free.set(buffer.size, kept);
    if (kept.length < KEPT && buffer.size <= LARGEST_KEPT) kept.push(buffer);
    else this.libraries.freePages(buffer.address, buffer.size);
  }

  /** Gives all back that nobody uses. */
  close(): void {
    for (const kept of this.free.values()) {
      for (const buffer of kept.splice(0)) this.libraries.freePages(buffer.address, buffer.size);
    }
  }
}
