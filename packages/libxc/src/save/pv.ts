import { pageTableLevel } from '@xen-migration/stream-format';
import { INVALID_FRAME } from '../hypervisor/frames.js';
import type { ForeignMapping } from '../hypervisor/hypervisor.js';
import { type GuestP2m, mapGuestP2m, p2mGeneration } from '../x86/guest-p2m.js';
import { type GuestWidth, type PvLayout, pvLayout } from '../x86/layout.js';
import { MachineToPhys } from '../x86/m2p.js';
import type { PvAddressSpace } from '../x86/p2m.js';
import { normaliseTable, type TableKind } from '../x86/page-table.js';
import { wordsOf } from '../x86/words.js';
import { SaveFault } from './errors.js';
import type { SaveGuest, SaveGuestType, SaveTarget } from './guest-type.js';
import { vcpuRecords } from './pv-vcpu.js';
import { cpuPolicyRecords, tscRecord, type WritableRecord } from './records.js';

/** PV guests: memory is known by mfns, which also stand in page tables and registers and must all become pfns. */
export const pvSave: SaveGuestType = {
  streamType: 'pv',
  async open(target) {
    const opened: (() => Promise<void>)[] = [];
    try {
      return await openPv(target, opened);
    } catch (e) {
      await closeAll(opened).catch(() => undefined);
      throw e;
    }
  },
};

async function openPv(target: SaveTarget, opened: (() => Promise<void>)[]): Promise<SaveGuest> {
  const { hypervisor, info } = target;
  const { domid } = info;
  const width = await hypervisor.guestWidth(domid);
  const layout = pvLayout(width);
  const m2p = await MachineToPhys.map(hypervisor);
  opened.push(() => m2p.unmap());
  // Not asked for a 64-bit guest: a host without 32-bit PV refuses the question.
  const compatMfn = width === 4 ? await hypervisor.machphysCompatMfn() : INVALID_FRAME;
  const sharedInfo = await mapSharedInfo(target);
  opened.push(() => sharedInfo.unmap());
  const guestP2m = await mapGuestP2m({ hypervisor, domid, layout, sharedInfo: sharedInfo.page(0), m2p });
  opened.push(() => guestP2m.unmap());
  return pvGuest(target, { layout, compatMfn, sharedInfo: sharedInfo.page(0), m2p, guestP2m }, () => closeAll(opened));
}

async function mapSharedInfo({ hypervisor, info }: SaveTarget): Promise<ForeignMapping> {
  const mapping = await hypervisor.mapForeign(info.domid, Float64Array.of(info.sharedInfoFrame), 'read');
  if (mapping.errors[0] === 0) return mapping;
  await mapping.unmap();
  throw new SaveFault('MAP_FAILED', `shared_info can't be mapped (errno ${mapping.errors[0]})`, {
    mfn: info.sharedInfoFrame,
  });
}

/** What of a PV guest is mapped for as long as it is being saved. */
interface PvParts {
  readonly layout: PvLayout;
  readonly compatMfn: number;
  readonly sharedInfo: Uint8Array;
  readonly m2p: MachineToPhys;
  readonly guestP2m: GuestP2m;
}

function pvGuest(target: SaveTarget, parts: PvParts, close: () => Promise<void>): SaveGuest {
  const { hypervisor, info } = target;
  const { layout, sharedInfo, m2p, guestP2m } = parts;
  const space: PvAddressSpace = { m2p, p2m: guestP2m.p2m };
  const kinds = [0, 1, 2, 3, 4].map((level): TableKind => ({ width: layout.width, level, compatMfn: parts.compatMfn }));
  const generation = p2mGeneration(sharedInfo, layout);
  return {
    pfnCount: guestP2m.p2m.maxPfn + 1,
    gfnsOf(pfns) {
      const gfns = new Float64Array(pfns.length);
      for (let i = 0; i < pfns.length; i++) gfns[i] = machineFrame(space, pfns[i]!);
      return gfns;
    },
    needsNormalising: (type) => pageTableLevel(type) > 0,
    normalisePage: (type, page, into) => normaliseTable(wordsOf(page), into, kinds[pageTableLevel(type)]!, space),
    async staticRecords() {
      return [pvInfo(layout), ...(await cpuPolicyRecords(hypervisor, info.domid))];
    },
    async startRecords() {
      return [{ type: 'X86_PV_P2M_FRAMES', startPfn: 0, endPfn: guestP2m.p2m.maxPfn, frames: guestP2m.frames }];
    },
    async finalRecords() {
      const [tsc, vcpus] = await Promise.all([
        tscRecord(hypervisor, info.domid),
        vcpuRecords(hypervisor, info, layout, space),
      ]);
      return [tsc, { type: 'SHARED_INFO', data: sharedInfo }, ...vcpus];
    },
    checkUnchanged() {
      // A guest with a tree has no such counter: Xen documents that changes of its structure go unnoticed.
      if (guestP2m.kind === 'tree' || p2mGeneration(sharedInfo, layout) === generation) return;
      throw new SaveFault('P2M_CHANGED', 'the guest moved its p2m while it was being saved; try again');
    },
    close,
  };
}

function pvInfo({ width, levels }: PvLayout): WritableRecord {
  const guestWidth: GuestWidth = width;
  return { type: 'X86_PV_INFO', guestWidth, ptLevels: levels };
}

/** An entry that no machine frame can have (Linux marks foreign and identity frames so) is no frame of the guest's. */
function machineFrame({ m2p, p2m }: PvAddressSpace, pfn: number): number {
  const mfn = p2m.mfnOf(pfn);
  return mfn <= m2p.maxMfn ? mfn : INVALID_FRAME;
}

/** The last that was opened first. @throws the first failure, after all were closed */
async function closeAll(opened: readonly (() => Promise<void>)[]): Promise<void> {
  const results: PromiseSettledResult<void>[] = [];
  for (const close of [...opened].reverse()) results.push(...(await Promise.allSettled([close()])));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
