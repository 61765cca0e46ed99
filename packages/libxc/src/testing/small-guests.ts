import { MemorySink } from '@xen-migration/stream-format';
import { SHUTDOWN } from '../hypervisor/hypervisor.js';
import { saveDomain } from '../save/index.js';
import { foldCr3 } from '../x86/cr3.js';
import { HVM_PARAM } from '../x86/hvm-params.js';
import { pvLayout, VGCF_ONLINE } from '../x86/layout.js';
import { writeWord } from '../x86/words.js';
import type { TestHost } from './hosts.js';

/** A guest of some pages that runs nothing: its stream is small enough to be spoilt and restored thousands of times. */
export type SmallGuestKind = 'pv64' | 'pv32' | 'hvm';

/** What each pfn of a small PV guest is; those that are left are plain memory. */
export const PFN = { top: 0, l3: 1, l2: 2, l1: 3, p2m: 4, startInfo: 5, store: 6, console: 7, gdt: 8 } as const;
const PAGES = 16;
const P2M_VADDR = { 8: 0xffff_c900_0000_0000n, 4: 0xc000_0000n } as const;
/** Present, user, accessed, dirty. */
const TABLE = 0x65n;
const PRESENT = 0x1n;

/** Of plain memory that nothing in the guest names. */
export const SPARE_PFNS = [10, 11, 12] as const;

/**
 * The stream of such a guest, saved on this host; the guest is gone again.
 *
 * @param change of the guest before it is saved
 */
export async function smallStream(
  host: TestHost,
  kind: SmallGuestKind,
  change?: (domid: number) => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { hypervisor } = host;
  const domid = kind === 'hvm' ? await smallHvm(host) : await smallPv(host, kind === 'pv64' ? 8 : 4);
  await change?.(domid);
  await hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
  const sink = new MemorySink();
  const callbacks = { suspend: async () => undefined, switchQemuLogdirty: async () => undefined };
  await saveDomain({ hypervisor, domid, sink, live: false, debug: false, callbacks });
  await hypervisor.destroyDomain(domid);
  return sink.bytes();
}

async function smallHvm({ hypervisor, newDomain }: TestHost): Promise<number> {
  const domid = await newDomain('hvm', PAGES * 4);
  const pfns = Float64Array.from({ length: PAGES }, (_, i) => i);
  await hypervisor.populatePhysmap(domid, pfns, 0);
  await hypervisor.setHvmContext(domid, await hypervisor.hvmContext(domid));
  await hypervisor.setHvmParam(domid, HVM_PARAM.STORE_PFN, BigInt(PFN.store));
  await hypervisor.setHvmParam(domid, HVM_PARAM.CONSOLE_PFN, BigInt(PFN.console));
  return domid;
}

/** Page tables that map the p2m and nothing else, start_info, the rings, a GDT; a linear p2m. */
async function smallPv({ hypervisor, host, newDomain }: TestHost, width: 4 | 8): Promise<number> {
  const domid = await newDomain('pv', PAGES * 4);
  if (width === 4) await hypervisor.setGuestWidth(domid, 4);
  const pfns = Float64Array.from({ length: PAGES }, (_, i) => i);
  const mfns = await hypervisor.populatePhysmap(domid, pfns, 0);
  const page = (mfn: number) => host.state.machine.memory.frame(mfn);
  for (const mfn of mfns) page(mfn).fill(0);
  const { levels, startInfo, sharedInfo, vcpuContext } = pvLayout(width);
  const virtual = P2M_VADDR[width];

  const tables = width === 8 ? [PFN.top, PFN.l3, PFN.l2, PFN.l1] : [PFN.l3, PFN.l2, PFN.l1];
  tables.forEach((table, i) => {
    const level = levels - i;
    const slot = Number((virtual >> BigInt(3 + 9 * level)) & 511n);
    const target = mfns[i === levels - 1 ? PFN.p2m : tables[i + 1]!]!;
    const flags = width === 4 && level === 3 ? PRESENT : TABLE;
    writeWord(page(mfns[table]!), slot * 8, 8, (BigInt(target) << 12n) | flags);
  });
  mfns.forEach((mfn, pfn) => {
    writeWord(page(mfns[PFN.p2m]!), pfn * width, width, BigInt(mfn));
  });
  // Suspended, it names its rings by their pfns.
  writeWord(page(mfns[PFN.startInfo]!), startInfo.storeFrame, width, BigInt(PFN.store));
  writeWord(page(mfns[PFN.startInfo]!), startInfo.consoleFrame, width, BigInt(PFN.console));
  const root = mfns[tables[0]!]!;
  const shared = page((await hypervisor.domainInfo(domid)).sharedInfoFrame);
  writeWord(shared, sharedInfo.pfnCount, width, BigInt(PAGES));
  writeWord(shared, sharedInfo.p2mVaddr, width, virtual);
  writeWord(shared, sharedInfo.p2mCr3, width, foldCr3(root, width));

  const context = new Uint8Array(vcpuContext.size);
  writeWord(context, vcpuContext.flags, width, BigInt(VGCF_ONLINE));
  writeWord(context, vcpuContext.cr3, width, foldCr3(root, width));
  writeWord(context, vcpuContext.dx, width, BigInt(mfns[PFN.startInfo]!));
  writeWord(context, vcpuContext.gdtEntries, width, 512n);
  writeWord(context, vcpuContext.gdtFrames, width, BigInt(mfns[PFN.gdt]!));
  await hypervisor.setVcpuContext(domid, 0, context);
  await hypervisor.mmuExt(domid, [{ op: 'pin', level: levels, mfn: root }]);
  return domid;
}
