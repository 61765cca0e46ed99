import { INVALID_FRAME } from '../hypervisor/frames.js';
import type { DomainInfo, Hypervisor } from '../hypervisor/hypervisor.js';
import { foldCr3, unfoldCr3 } from '../x86/cr3.js';
import { GDT_ENTRIES_PER_FRAME, MAX_GDT_ENTRIES, type PvLayout } from '../x86/layout.js';
import { guestPfnOf, type PvAddressSpace } from '../x86/p2m.js';
import { frameOf, readWord, writeWord } from '../x86/words.js';
import { SaveFault } from './errors.js';
import type { WritableRecord } from './records.js';

/** The records of every vcpu that is online, in the stream's order. */
export async function vcpuRecords(
  hypervisor: Hypervisor,
  { domid, maxVcpuId }: DomainInfo,
  layout: PvLayout,
  space: PvAddressSpace,
): Promise<WritableRecord[]> {
  // The guest stands still: all that is asked of it is asked at once.
  const vcpus = Array.from({ length: maxVcpuId + 1 }, (_, vcpu) => vcpu);
  const infos = await Promise.all(vcpus.map((vcpu) => hypervisor.vcpuInfo(domid, vcpu)));
  const online = vcpus.filter((vcpu) => infos[vcpu]!.online);
  const records = await Promise.all(online.map((vcpu) => recordsOf(hypervisor, domid, vcpu)));
  for (const [i, vcpu] of online.entries()) framesToPfns(records[i]![0].data, vcpu, layout, space);
  return records.flat();
}

type VcpuRecord = Extract<WritableRecord, { vcpu: number }>;

/** The vcpu's context is the first, as the hypervisor has it; of the others those that are not empty. */
async function recordsOf(hypervisor: Hypervisor, domid: number, vcpu: number): Promise<[VcpuRecord, ...VcpuRecord[]]> {
  const [context, extended, xsave, msrs] = await Promise.all([
    hypervisor.vcpuContext(domid, vcpu),
    hypervisor.vcpuExtendedContext(domid, vcpu),
    hypervisor.vcpuXsave(domid, vcpu),
    hypervisor.vcpuMsrs(domid, vcpu),
  ]);
  const others: VcpuRecord[] = [
    { type: 'X86_PV_VCPU_EXTENDED', vcpu, data: extended },
    { type: 'X86_PV_VCPU_XSAVE', vcpu, data: xsave },
    { type: 'X86_PV_VCPU_MSRS', vcpu, data: msrs },
  ];
  const basic: VcpuRecord = { type: 'X86_PV_VCPU_BASIC', vcpu, data: Uint8Array.from(context) };
  return [basic, ...others.filter(({ data }) => data.length > 0)];
}

/**
 * Replaces the machine frames in a vcpu_guest_context by pfns: the start_info frame that vcpu 0 holds as the argument of
 * its suspend call, the GDT's frames, CR3, and a 64-bit guest's user-mode page table in CR1.
 */
export function framesToPfns(context: Uint8Array, vcpu: number, layout: PvLayout, space: PvAddressSpace): void {
  const { width, vcpuContext: at } = layout;
  if (context.length !== at.size) {
    throw new SaveFault('BAD_VCPU_CONTEXT', `vcpu ${vcpu}: context of ${context.length} bytes, not ${at.size}`, {
      vcpu,
    });
  }
  const pfnOf = (mfn: number, what: string): number => {
    const pfn = guestPfnOf(space, mfn);
    if (pfn !== INVALID_FRAME) return pfn;
    const text = mfn === INVALID_FRAME ? 'no frame' : `mfn 0x${mfn.toString(16)}, which is not the guest's memory`;
    throw new SaveFault('UNTRANSLATABLE_FRAME', `vcpu ${vcpu}: ${what} is ${text}`, { vcpu, mfn });
  };
  const replaceWord = (offset: number, what: string): void => {
    const mfn = frameOf(readWord(context, offset, width), width);
    writeWord(context, offset, width, BigInt(pfnOf(mfn, what)));
  };

  if (vcpu === 0) replaceWord(at.dx, 'start_info (in edx)');

  const gdtEntries = Number(readWord(context, at.gdtEntries, width));
  if (gdtEntries > MAX_GDT_ENTRIES) {
    throw new SaveFault('BAD_VCPU_CONTEXT', `vcpu ${vcpu}: ${gdtEntries} GDT entries, at most ${MAX_GDT_ENTRIES}`, {
      vcpu,
    });
  }
  const gdtFrames = Math.ceil(gdtEntries / GDT_ENTRIES_PER_FRAME);
  for (let i = 0; i < gdtFrames; i++) replaceWord(at.gdtFrames + i * width, `GDT frame ${i}`);

  const cr3 = unfoldCr3(readWord(context, at.cr3, width), width);
  writeWord(context, at.cr3, width, foldCr3(pfnOf(cr3, 'cr3'), width));

  if (width === 4) return;
  const cr1 = readWord(context, at.cr1, width);
  if (cr1 === 0n) return;
  const user = pfnOf(Number(cr1 >> 12n), 'the user page table (cr1)');
  // Bit 0 says in the stream that there is one: pfn 0 would be a legal number.
  writeWord(context, at.cr1, width, (BigInt(user) << 12n) | 1n);
}
