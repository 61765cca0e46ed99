import { type FrameList, PAGE_SIZE } from '../hypervisor/frames.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { BuildError } from './types.js';

/** Frames mapped at a time. */
const MAP_FRAMES = 1024;

/** Writes into a new domain's memory by pfn, through foreign mappings that live for one call. */
export class GuestMemory {
  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    /** The gfn of a pfn. */
    private readonly gfnOf: (pfn: number) => number,
  ) {}

  /** Zeroes pages, then writes `bytes` at their start. @throws BuildError when a frame can't be mapped */
  async write(pfn: number, pages: number, bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < pages; done += MAP_FRAMES) {
      const count = Math.min(pages - done, MAP_FRAMES);
      await this.withPages(pfn + done, count, (page, i) => {
        const at = (done + i) * PAGE_SIZE;
        const part = bytes.subarray(at, at + PAGE_SIZE);
        page.set(part);
        page.fill(0, part.length);
      });
    }
  }

  /** Calls `edit` with each of `count` pages, mapped writable. */
  async withPages(pfn: number, count: number, edit: (page: Uint8Array, index: number) => void): Promise<void> {
    await this.withFrames(
      Float64Array.from({ length: count }, (_, i) => this.gfnOf(pfn + i)),
      edit,
    );
  }

  /** The same for frames by gfn. */
  async withFrames(gfns: FrameList, edit: (page: Uint8Array, index: number) => void): Promise<void> {
    const mapping = await this.hypervisor.mapForeign(this.domid, gfns, 'write');
    try {
      const bad = mapping.errors.findIndex((errno) => errno !== 0);
      if (bad >= 0) {
        throw new BuildError(
          'HYPERVISOR',
          `domain ${this.domid}: frame ${gfns[bad]} can't be mapped: errno ${mapping.errors[bad]}`,
        );
      }
      for (let i = 0; i < gfns.length; i++) edit(mapping.page(i), i);
    } finally {
      await mapping.unmap();
    }
  }
}
