import { type LibxcRecord, pageTableLevel } from '@xen-migration/stream-format';
import { allDone } from '../all-done.js';
import type { FrameStack } from '../frame-lists.js';
import { pvLayout } from '../x86/layout.js';
import { MachineToPhys } from '../x86/m2p.js';
import { P2m } from '../x86/p2m.js';
import { collectUnseen, localiseTable, type TableFault } from '../x86/page-table.js';
import { wordsOf } from '../x86/words.js';
import { EarlyPins } from './early-pins.js';
import { hexPfn, RestoreFault } from './errors.js';
import { seedGrantTable } from './grant-table.js';
import type { RestoredGuest, RestoreGuest, RestoreGuestType, RestoreTarget } from './guest-type.js';
import { PageTypes, type PvMemory } from './pv-memory.js';
import { writeGuestP2m } from './pv-p2m.js';
import { pinPageTables } from './pv-pin.js';
import { applySharedInfo } from './pv-shared-info.js';
import { restoreVcpus, VcpuStates } from './pv-vcpu.js';

/** PV guests: each page gets whatever machine frame is free, and every frame number in the guest becomes that one. */
export const pvRestore: RestoreGuestType = {
  streamType: 'pv',
  open: async (target) => new PvGuest(target, await MachineToPhys.map(target.hypervisor)),
};

const RECORD_TYPES: ReadonlySet<LibxcRecord['type']> = new Set([
  'X86_PV_INFO',
  'X86_PV_P2M_FRAMES',
  'SHARED_INFO',
  'X86_PV_VCPU_BASIC',
  'X86_PV_VCPU_EXTENDED',
  'X86_PV_VCPU_XSAVE',
  'X86_PV_VCPU_MSRS',
]);

class PvGuest implements RestoreGuest {
  readonly recordTypes = RECORD_TYPES;
  private known: PvMemory | undefined;
  readonly earlyPins: EarlyPins;
  private readonly vcpus: VcpuStates;

  constructor(
    private readonly target: RestoreTarget,
    private readonly m2p: MachineToPhys,
  ) {
    this.vcpus = new VcpuStates(target.info.maxVcpuId + 1);
    this.earlyPins = new EarlyPins(target.hypervisor, target.info.domid, (pfn) => this.gfnOf(pfn));
  }

  checkPfns(pfns: Float64Array): void {
    const { maxPfn } = this.memory('PAGE_DATA').space.p2m;
    for (let i = 0; i < pfns.length; i++) {
      const pfn = pfns[i]!;
      if (pfn > maxPfn) throw new RestoreFault('BAD_PFN', `pfn ${hexPfn(pfn)} is past ${hexPfn(maxPfn)}`, { pfn });
    }
  }

  gfnOf(pfn: number): number {
    return this.memory('PAGE_DATA').space.p2m.mfnOf(pfn);
  }

  setFrames(pfns: Float64Array, gfns: Float64Array): void {
    const { p2m } = this.memory('PAGE_DATA').space;
    for (let i = 0; i < pfns.length; i++) p2m.set(pfns[i]!, gfns[i]!);
  }

  setPageTypes(pfns: Float64Array, types: Uint8Array): void {
    this.memory('PAGE_DATA').types.set(pfns, types);
  }

  needsLocalising(type: number): boolean {
    return pageTableLevel(type) > 0;
  }

  collectUnseen(pfn: number, page: Uint8Array, unseen: FrameStack): void {
    const fault = collectUnseen(wordsOf(page), this.memory('PAGE_DATA').space, unseen);
    if (fault !== undefined) throw tableFault(pfn, fault);
  }

  localisePage(pfn: number, page: Uint8Array): void {
    const fault = localiseTable(wordsOf(page), this.memory('PAGE_DATA').space);
    if (fault !== undefined) throw tableFault(pfn, fault);
  }

  async takeRecord(record: LibxcRecord): Promise<void> {
    switch (record.type) {
      case 'X86_PV_INFO':
        return this.takePvInfo(record.guestWidth, record.ptLevels);
      case 'X86_PV_P2M_FRAMES':
        return this.takeP2mFrames(record.startPfn, record.endPfn, record.frames);
      case 'SHARED_INFO': {
        const { layout } = this.memory(record.type);
        return applySharedInfo(this.target, layout, record.data);
      }
      case 'X86_PV_VCPU_BASIC':
      case 'X86_PV_VCPU_EXTENDED':
      case 'X86_PV_VCPU_XSAVE':
      case 'X86_PV_VCPU_MSRS':
        return this.vcpus.take(record, this.memory(record.type).layout);
      default:
    }
  }

  /** The order matters: vcpus load their page tables, which validates them; plain data comes last. */
  async complete(): Promise<RestoredGuest> {
    const memory = this.memory('END');
    if (memory.p2mFrames.length === 0) throw new RestoreFault('ORDER', 'the stream has no X86_PV_P2M_FRAMES');
    const { storeGfn, consoleGfn, warnings } = await restoreVcpus(this.target, memory, this.vcpus, this.earlyPins);
    const { hypervisor, info, store, console } = this.target;
    await pinPageTables(hypervisor, info.domid, memory, this.earlyPins);
    // Each by itself: early pins that nobody needs any more go, and what is plain memory is written.
    await allDone([
      this.earlyPins.release(),
      writeGuestP2m(hypervisor, info.domid, memory),
      seedGrantTable(hypervisor, info.domid, [
        { entry: 'console', gfn: consoleGfn, backend: console.domid },
        { entry: 'xenstore', gfn: storeGfn, backend: store.domid },
      ]),
    ]);
    return { storeGfn, consoleGfn, warnings };
  }

  close(): Promise<void> {
    return this.m2p.unmap();
  }

  private memory(forRecord: string): PvMemory {
    if (this.known === undefined) throw new RestoreFault('ORDER', `${forRecord} before X86_PV_INFO`);
    return this.known;
  }

  private async takePvInfo(width: 4 | 8, levels: 3 | 4): Promise<void> {
    if (this.known !== undefined) throw new RestoreFault('ORDER', 'a second X86_PV_INFO');
    const layout = pvLayout(width);
    if (levels !== layout.levels) {
      throw new RestoreFault('BAD_RECORD', `a guest with ${width}-byte words and ${levels} levels of page tables`);
    }
    const { hypervisor, info } = this.target;
    // A new PV domain is a 64-bit one; it can be changed only while it owns no page.
    if ((await hypervisor.guestWidth(info.domid)) !== width) await hypervisor.setGuestWidth(info.domid, width);
    const space = { m2p: this.m2p, p2m: P2m.forRestore(this.m2p) };
    this.known = { layout, space, types: new PageTypes(), p2mFrames: [] };
  }

  /** Makes the guest's pfns reach up to endPfn, and learns where the pages of its p2m for [startPfn, endPfn] are. */
  private takeP2mFrames(startPfn: number, endPfn: number, frames: Float64Array): void {
    const { layout, space, p2mFrames } = this.memory('X86_PV_P2M_FRAMES');
    const first = startPfn >>> layout.entryShift;
    const count = (endPfn >>> layout.entryShift) + 1 - first;
    if (endPfn < startPfn || frames.length !== count) {
      const text = `${frames.length} p2m frames for pfns ${hexPfn(startPfn)} to ${hexPfn(endPfn)}`;
      throw new RestoreFault('BAD_RECORD', `${text}, which take ${Math.max(count, 0)}`);
    }
    // A gap would have to be made up for; nothing that the sender did not pay for with bytes is allocated.
    if (first > p2mFrames.length) {
      throw new RestoreFault('BAD_RECORD', `p2m frames from pfn ${hexPfn(startPfn)} on, but none before it`);
    }
    for (let i = 0; i < count; i++) p2mFrames[first + i] = frames[i]!;
    space.p2m.maxPfn = Math.max(space.p2m.maxPfn, endPfn);
  }
}

function tableFault(pfn: number, { reason, entry, frame }: TableFault): RestoreFault {
  const why = reason === 'out-of-range' ? 'which the guest does not have' : 'which has no frame of the guest';
  return new RestoreFault(
    'UNTRANSLATABLE_ENTRY',
    `the page table at pfn ${hexPfn(pfn)}, entry ${entry}, maps pfn ${hexPfn(frame)}, ${why}`,
    { pfn, entry },
  );
}
