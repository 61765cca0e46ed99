import type { KernelImage } from '../embedded/guest/image.js';
import { KERNEL_PFN, mostPvPages } from '../embedded/guest/load-layout.js';
import { PAGE_SIZE } from '../hypervisor/frames.js';
import { foldCr3 } from '../x86/cr3.js';
import { SHARED_VCPUS, VCPU_INFO_SIZE, VGCF_ONLINE } from '../x86/layout.js';
import { SIF_VIRT_P2M_4TOOLS } from '../x86/start-info.js';
import { wordsOf, writeU32, writeWord } from '../x86/words.js';
import { GuestMemory } from './guest-memory.js';
import { populateRange } from './populate.js';
import { type PvArch, pvArch } from './pv-arch.js';
import { type PvTables, planTables, writeTable } from './pv-page-tables.js';
import { openRings } from './rings.js';
import { type BuildDomainOptions, BuildError, type BuiltDomain } from './types.js';

const STACK_PAGES = 1;
/** Xen's ABI promises a kernel so much mapped free memory behind what was built (512 KiB). */
const SLACK_PAGES = 128;

/** The x87 and SSE control words of a fresh CPU. */
const FPU_CONTROL = 0x37f;
const MXCSR = 0x1f80;
const RFLAGS_INTERRUPTS = 0x200;
/** vcpu_guest_context.flags: the vcpu is in kernel mode. */
const VGCF_IN_KERNEL = 1 << 2;

/** What lies where, in pfns; in the order of libxenguest: kernel, ramdisk, p2m, start_info, rings, tables, stack. */
interface PvPlan {
  readonly arch: PvArch;
  readonly ramdiskPfn: number;
  readonly p2mPfn: number;
  readonly p2mPages: number;
  readonly startInfoPfn: number;
  readonly storePfn: number;
  readonly consolePfn: number;
  readonly tables: PvTables;
  readonly memoryPages: number;
}

const addressOf = ({ arch }: PvPlan, pfn: number) => arch.virtBase + pfn * PAGE_SIZE;

/** Builds a PV domain, 64-bit or 32-bit as its kernel is. @throws BuildError, HypervisorError */
export async function buildPv(options: BuildDomainOptions, kernel: KernelImage): Promise<BuiltDomain> {
  const { hypervisor, domid } = options;
  const plan = planPv(options, kernel);
  const { arch } = plan;
  // A new domain is a 64-bit one; it can be changed only while it owns no page.
  if (arch.width === 4) await hypervisor.setGuestWidth(domid, arch.width);
  const p2m = new Float64Array(plan.memoryPages);
  await populateRange(hypervisor, domid, 0, plan.memoryPages, p2m);
  const memory = new GuestMemory(hypervisor, domid, (pfn) => p2m[pfn]!);

  await memory.write(KERNEL_PFN, kernel.text.length / PAGE_SIZE + kernel.zeroPages, kernel.text);
  const ramdisk = options.ramdisk ?? new Uint8Array(0);
  await memory.write(plan.ramdiskPfn, plan.p2mPfn - plan.ramdiskPfn, ramdisk);
  await memory.write(plan.p2mPfn, plan.p2mPages, p2mBytes(p2m, arch.width));
  await memory.write(plan.storePfn, 1, new Uint8Array(0));
  await memory.write(plan.consolePfn, 1, new Uint8Array(0));
  await memory.write(plan.tables.pfn + plan.tables.count, STACK_PAGES, new Uint8Array(0));
  const { sharedInfoFrame } = await hypervisor.domainInfo(domid);
  await memory.write(plan.startInfoPfn, 1, startInfo(options, plan, p2m, sharedInfoFrame));
  await memory.withPages(plan.tables.pfn, plan.tables.count, (page, index) => {
    writeTable(wordsOf(page), plan.tables, index, (pfn) => p2m[pfn]!);
  });
  await writeSharedInfo(options, plan, sharedInfoFrame);

  const root = p2m[plan.tables.pfn]!;
  await hypervisor.mmuExt(domid, [{ op: 'pin', level: arch.layout.levels, mfn: root }]);
  const stackTop = addressOf(plan, plan.tables.pfn + plan.tables.count + STACK_PAGES);
  await hypervisor.setVcpuContext(domid, 0, bootContext(plan, root, kernel.entryOffset, stackTop));

  const built = { storeGfn: p2m[plan.storePfn]!, consoleGfn: p2m[plan.consolePfn]! };
  await openRings(options, built, memory);
  return built;
}

function planPv(options: BuildDomainOptions, kernel: KernelImage): PvPlan {
  const arch = pvArch(kernel.width);
  const memoryPages = Math.floor(options.memoryKib / 4);
  if (memoryPages > mostPvPages(arch.width)) {
    const most = (mostPvPages(arch.width) * PAGE_SIZE) / 2 ** 20;
    throw new BuildError(
      'BAD_ARGUMENT',
      `a 32-bit kernel maps ${most} MiB at most; the domain has ${memoryPages / 256}`,
    );
  }
  const ramdiskPfn = KERNEL_PFN + kernel.text.length / PAGE_SIZE + kernel.zeroPages;
  const p2mPfn = ramdiskPfn + Math.ceil((options.ramdisk?.length ?? 0) / PAGE_SIZE);
  const p2mPages = Math.ceil((memoryPages * arch.width) / PAGE_SIZE);
  const startInfoPfn = p2mPfn + p2mPages;
  const tables = planTables(startInfoPfn + 3, STACK_PAGES, SLACK_PAGES, memoryPages, arch);
  const end = tables.pfn + tables.count + STACK_PAGES + SLACK_PAGES;
  if (end > memoryPages) {
    throw new BuildError('NO_MEMORY', `the domain has ${memoryPages} pages; its kernel and tables alone need ${end}`);
  }
  const storePfn = startInfoPfn + 1;
  return { arch, ramdiskPfn, p2mPfn, p2mPages, startInfoPfn, storePfn, consolePfn: storePfn + 1, tables, memoryPages };
}

function p2mBytes(p2m: Float64Array, width: 4 | 8): Uint8Array {
  if (width === 4) return new Uint8Array(Uint32Array.from(p2m).buffer);
  const words = new Uint32Array(p2m.length * 2);
  for (let i = 0; i < p2m.length; i++) {
    words[i * 2] = p2m[i]! % 2 ** 32;
    words[i * 2 + 1] = Math.floor(p2m[i]! / 2 ** 32);
  }
  return new Uint8Array(words.buffer);
}

function startInfo(options: BuildDomainOptions, plan: PvPlan, p2m: Float64Array, sharedInfoMfn: number): Uint8Array {
  const { boot, layout, width } = plan.arch;
  const { startInfo: at } = layout;
  const page = new Uint8Array(at.size);
  const word = (offset: number, value: number) => writeWord(page, offset, width, BigInt(value));
  page.set(Buffer.from(boot.magicText, 'latin1'), boot.magic);
  word(at.nrPages, plan.memoryPages);
  word(at.sharedInfo, sharedInfoMfn * PAGE_SIZE);
  writeU32(page, at.flags, SIF_VIRT_P2M_4TOOLS);
  word(at.storeFrame, p2m[plan.storePfn]!);
  writeU32(page, at.storeEvtchn, options.store.port);
  word(at.consoleFrame, p2m[plan.consolePfn]!);
  writeU32(page, at.consoleEvtchn, options.console.port);
  word(boot.ptBase, addressOf(plan, plan.tables.pfn));
  word(boot.nrPtFrames, plan.tables.count);
  word(boot.mfnList, addressOf(plan, plan.p2mPfn));
  if (options.ramdisk !== undefined && options.ramdisk.length > 0) {
    word(boot.modStart, addressOf(plan, plan.ramdiskPfn));
    word(boot.modLen, options.ramdisk.length);
  }
  page.set(cmdlineBytes(options.cmdline, boot.cmdLineSize), boot.cmdLine);
  return page;
}

function cmdlineBytes(cmdline: string, size: number): Uint8Array {
  const bytes = Buffer.from(cmdline, 'utf8');
  if (bytes.length < size) return bytes;
  throw new BuildError(
    'BAD_ARGUMENT',
    `the kernel's command line has ${bytes.length} bytes; a PV guest takes ${size - 1}`,
  );
}

/** As a PV kernel finds it: all zero, events masked for every vcpu, the size of its p2m said. */
async function writeSharedInfo(options: BuildDomainOptions, plan: PvPlan, frame: number): Promise<void> {
  const { layout, width } = plan.arch;
  const memory = new GuestMemory(options.hypervisor, options.domid, (pfn) => pfn);
  await memory.withFrames(Float64Array.of(frame), (page) => {
    page.fill(0);
    for (let vcpu = 0; vcpu < SHARED_VCPUS; vcpu++) page[vcpu * VCPU_INFO_SIZE + UPCALL_MASK] = 1;
    writeWord(page, layout.sharedInfo.pfnCount, width, BigInt(plan.memoryPages));
  });
}

/** vcpu_info.evtchn_upcall_mask. */
const UPCALL_MASK = 1;

function bootContext(plan: PvPlan, root: number, entryOffset: number, stackTop: number): Uint8Array {
  const { layout, registers, context: at, width, kernelCs, kernelSs } = plan.arch;
  const { vcpuContext } = layout;
  const context = new Uint8Array(vcpuContext.size);
  const view = new DataView(context.buffer);
  const word = (offset: number, value: number) => writeWord(context, offset, width, BigInt(value));
  view.setUint16(at.fpuControlWord, FPU_CONTROL, true);
  view.setUint32(at.fpuMxcsr, MXCSR, true);
  word(vcpuContext.flags, VGCF_IN_KERNEL | VGCF_ONLINE);
  word(registers.rip, addressOf(plan, KERNEL_PFN) + entryOffset);
  word(registers.general[RSP]!, stackTop);
  word(registers.general[RSI]!, addressOf(plan, plan.startInfoPfn));
  word(registers.rflags, RFLAGS_INTERRUPTS);
  view.setUint16(at.cs, kernelCs, true);
  view.setUint16(at.ss, kernelSs, true);
  word(at.kernelSs, kernelSs);
  word(at.kernelSp, stackTop);
  writeWord(context, vcpuContext.cr3, width, foldCr3(root, width));
  return context;
}

/** x86's numbers of the registers in which a kernel gets its stack and its start_info. */
const RSP = 4;
const RSI = 6;
