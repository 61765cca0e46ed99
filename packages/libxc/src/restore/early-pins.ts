import { pageTableLevel } from '@xen-migration/stream-format';
import { isHypervisorError, isTableRefusal } from '../hypervisor/errors.js';
import type { FrameList } from '../hypervisor/frames.js';
import type { Hypervisor, MmuExtOp } from '../hypervisor/hypervisor.js';

/**
 * Level-1 tables, pinned as soon as they are there. The hypervisor has to validate every page table of a PV guest before
 * its vcpus can be loaded, 512 entries for each 2 MiB of the guest; of a guest that migrates live nearly all of that is so
 * done while it still runs at its source, and its downtime does not grow with its size.
 *
 * Nothing depends on it. A table that can't be pinned yet (it names a frame that is something else at the moment) is left
 * to the end; one that is written again is unpinned before; and where a validation at the end fails, all of these pins are
 * taken back and it is tried once more.
 */
export class EarlyPins {
  /** By pfn, its mfn. */
  private readonly pinned = new Map<number, number>();
  /** Mapping and pinning take turns: a table can't be both. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    private readonly mfnOf: (pfn: number) => number,
  ) {}

  /** Maps pages to be written, none of which is pinned then. */
  whileUnpinned<T>(pfns: FrameList, map: () => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      if (this.pinned.size > 0) await this.unpin(this.pinnedOf(pfns));
      return map();
    });
  }

  /** These pages are written, and mapped no more: pins the tables among them. */
  pinTables(pfns: FrameList, types: Uint8Array): Promise<void> {
    const tables = new Set<number>();
    for (let i = 0; i < pfns.length; i++) if (pageTableLevel(types[i]!) === 1) tables.add(pfns[i]!);
    if (tables.size === 0) return Promise.resolve();
    return this.inTurn(async () => {
      const unpinned = [...tables].filter((pfn) => !this.pinned.has(pfn));
      const ops = unpinned.map((pfn): MmuExtOp => ({ op: 'pin', level: 1, mfn: this.mfnOf(pfn) }));
      if (ops.length === 0) return;
      try {
        await this.hypervisor.mmuExt(this.domid, ops);
      } catch (e) {
        if (!isTableRefusal(e)) throw e;
        return this.unpinWhatIs(ops);
      }
      for (const [i, pfn] of unpinned.entries()) this.pinned.set(pfn, ops[i]!.mfn);
    });
  }

  /** Whether the pfn is pinned; if so it stays pinned from now on. */
  keep(pfn: number): boolean {
    return this.pinned.delete(pfn);
  }

  /** Takes the pins back. @returns how many there were */
  async release(): Promise<number> {
    const pfns = [...this.pinned.keys()];
    await this.inTurn(() => this.unpin(pfns));
    return pfns.length;
  }

  private pinnedOf(pfns: FrameList): number[] {
    const pinned: number[] = [];
    for (let i = 0; i < pfns.length; i++) if (this.pinned.has(pfns[i]!)) pinned.push(pfns[i]!);
    return pinned;
  }

  private async unpin(pfns: readonly number[]): Promise<void> {
    if (pfns.length === 0) return;
    const ops = pfns.map((pfn): MmuExtOp => ({ op: 'unpin', level: 1, mfn: this.pinned.get(pfn)! }));
    await this.hypervisor.mmuExt(this.domid, ops);
    for (const pfn of pfns) this.pinned.delete(pfn);
  }

  /** Of a batch that failed nobody says how far it came. */
  private async unpinWhatIs(ops: readonly MmuExtOp[]): Promise<void> {
    for (const op of ops) {
      try {
        await this.hypervisor.mmuExt(this.domid, [{ ...op, op: 'unpin' }]);
      } catch (e) {
        if (!isHypervisorError(e, 'EINVAL')) throw e;
        // They are done in their order: none after it was pinned either.
        return;
      }
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}
