import type { KernelImage } from '../embedded/guest/image.js';
import { KERNEL_PFN, PV_VIRT_BASE } from '../embedded/guest/load-layout.js';
import { PAGE_SIZE } from '../hypervisor/frames.js';
import { foldCr3 } from '../x86/cr3.js';
import { pvLayout, SHARED_VCPUS, VCPU_INFO_SIZE, VGCF_ONLINE } from '../x86/layout.js';
import { PV64_CONTEXT, PV64_REGISTERS } from '../x86/registers.js';
import { SIF_VIRT_P2M_4TOOLS, START_INFO_64, START_INFO_MAGIC } from '../x86/start-info.js';
import { wordsOf, writeU32, writeWord } from '../x86/words.js';
import { GuestMemory } from './guest-memory.js';
import { populateRange } from './populate.js';
import { type PvTables, planTables, writeTable } from './pv-page-tables.js';
import { openRings } from './rings.js';
import { type BuildDomainOptions, BuildError, type BuiltDomain } from './types.js';

const LAYOUT = pvLayout(8);
const STACK_PAGES = 1;
/** Xen's ABI promises a kernel so much mapped free memory behind what was built (512 KiB). */
const SLACK_PAGES = 128;

/** FLAT_KERNEL_CS and FLAT_KERNEL_SS of the PV ABI, and the x87 and SSE control words of a fresh CPU. */
const KERNEL_CS = 0xe033;
const KERNEL_SS = 0xe02b;
const FPU_CONTROL = 0x37f;
const MXCSR = 0x1f80;
const RFLAGS_INTERRUPTS = 0x200;
/** vcpu_guest_context.flags: the vcpu is in kernel mode. */
const VGCF_IN_KERNEL = 1 << 2;

/** What lies where, in pfns; in the order of libxenguest: kernel, ramdisk, p2m, start_info, rings, tables, stack. */
interface PvPlan {
  readonly ramdiskPfn: number;
  readonly p2mPfn: number;
  readonly p2mPages: number;
  readonly startInfoPfn: number;
  readonly storePfn: number;
  readonly consolePfn: number;
  readonly tables: PvTables;
  readonly memoryPages: number;
}

const addressOf = (pfn: number) => PV_VIRT_BASE + pfn * PAGE_SIZE;

/** Builds a 64-bit PV domain. @throws BuildError, HypervisorError */
export async function buildPv(options: BuildDomainOptions, kernel: KernelImage): Promise<BuiltDomain> {
  const { hypervisor, domid } = options;
  const plan = planPv(options, kernel);
  const p2m = new Float64Array(plan.memoryPages);
  await populateRange(hypervisor, domid, 0, plan.memoryPages, p2m);
  const memory = new GuestMemory(hypervisor, domid, (pfn) => p2m[pfn]!);

  await memory.write(KERNEL_PFN, kernel.text.length / PAGE_SIZE + kernel.zeroPages, kernel.text);
  const ramdisk = options.ramdisk ?? new Uint8Array(0);
  await memory.write(plan.ramdiskPfn, plan.p2mPfn - plan.ramdiskPfn, ramdisk);
  await memory.write(plan.p2mPfn, plan.p2mPages, p2mBytes(p2m));
  await memory.write(plan.storePfn, 1, new Uint8Array(0));
  await memory.write(plan.consolePfn, 1, new Uint8Array(0));
  await memory.write(plan.tables.pfn + plan.tables.count, STACK_PAGES, new Uint8Array(0));
  const { sharedInfoFrame } = await hypervisor.domainInfo(domid);
  await memory.write(plan.startInfoPfn, 1, startInfo(options, plan, p2m, sharedInfoFrame));
  await memory.withPages(plan.tables.pfn, plan.tables.count, (page, index) => {
    writeTable(wordsOf(page), plan.tables, index, (pfn) => p2m[pfn]!);
  });
  await writeSharedInfo(options, sharedInfoFrame, plan.memoryPages);

  const root = p2m[plan.tables.pfn]!;
  await hypervisor.mmuExt(domid, [{ op: 'pin', level: 4, mfn: root }]);
  const stackTop = addressOf(plan.tables.pfn + plan.tables.count + STACK_PAGES);
  await hypervisor.setVcpuContext(domid, 0, bootContext(root, kernel.entryOffset, plan.startInfoPfn, stackTop));

  const built = { storeGfn: p2m[plan.storePfn]!, consoleGfn: p2m[plan.consolePfn]! };
  await openRings(options, built, memory);
  return built;
}

function planPv(options: BuildDomainOptions, kernel: KernelImage): PvPlan {
  const memoryPages = Math.floor(options.memoryKib / 4);
  const ramdiskPfn = KERNEL_PFN + kernel.text.length / PAGE_SIZE + kernel.zeroPages;
  const p2mPfn = ramdiskPfn + Math.ceil((options.ramdisk?.length ?? 0) / PAGE_SIZE);
  const p2mPages = Math.ceil((memoryPages * 8) / PAGE_SIZE);
  const startInfoPfn = p2mPfn + p2mPages;
  const tables = planTables(startInfoPfn + 3, STACK_PAGES, SLACK_PAGES, memoryPages);
  const end = tables.pfn + tables.count + STACK_PAGES + SLACK_PAGES;
  if (end > memoryPages) {
    throw new BuildError('NO_MEMORY', `the domain has ${memoryPages} pages; its kernel and tables alone need ${end}`);
  }
  const storePfn = startInfoPfn + 1;
  return { ramdiskPfn, p2mPfn, p2mPages, startInfoPfn, storePfn, consolePfn: storePfn + 1, tables, memoryPages };
}

function p2mBytes(p2m: Float64Array): Uint8Array {
  const words = new Uint32Array(p2m.length * 2);
  for (let i = 0; i < p2m.length; i++) {
    words[i * 2] = p2m[i]! % 2 ** 32;
    words[i * 2 + 1] = Math.floor(p2m[i]! / 2 ** 32);
  }
  return new Uint8Array(words.buffer);
}

function startInfo(options: BuildDomainOptions, plan: PvPlan, p2m: Float64Array, sharedInfoMfn: number): Uint8Array {
  const { startInfo: at } = LAYOUT;
  const page = new Uint8Array(at.size);
  const word = (offset: number, value: number) => writeWord(page, offset, 8, BigInt(value));
  page.set(Buffer.from(START_INFO_MAGIC, 'latin1'), START_INFO_64.magic);
  word(at.nrPages, plan.memoryPages);
  word(at.sharedInfo, sharedInfoMfn * PAGE_SIZE);
  writeU32(page, at.flags, SIF_VIRT_P2M_4TOOLS);
  word(at.storeFrame, p2m[plan.storePfn]!);
  writeU32(page, at.storeEvtchn, options.store.port);
  word(at.consoleFrame, p2m[plan.consolePfn]!);
  writeU32(page, at.consoleEvtchn, options.console.port);
  word(START_INFO_64.ptBase, addressOf(plan.tables.pfn));
  word(START_INFO_64.nrPtFrames, plan.tables.count);
  word(START_INFO_64.mfnList, addressOf(plan.p2mPfn));
  if (options.ramdisk !== undefined && options.ramdisk.length > 0) {
    word(START_INFO_64.modStart, addressOf(plan.ramdiskPfn));
    word(START_INFO_64.modLen, options.ramdisk.length);
  }
  page.set(cmdlineBytes(options.cmdline), START_INFO_64.cmdLine);
  return page;
}

function cmdlineBytes(cmdline: string): Uint8Array {
  const bytes = Buffer.from(cmdline, 'utf8');
  if (bytes.length < START_INFO_64.cmdLineSize) return bytes;
  throw new BuildError(
    'BAD_ARGUMENT',
    `the kernel's command line has ${bytes.length} bytes; a PV guest takes ${START_INFO_64.cmdLineSize - 1}`,
  );
}

/** As a PV kernel finds it: all zero, events masked for every vcpu, the size of its p2m said. */
async function writeSharedInfo(options: BuildDomainOptions, frame: number, memoryPages: number): Promise<void> {
  const memory = new GuestMemory(options.hypervisor, options.domid, (pfn) => pfn);
  await memory.withFrames(Float64Array.of(frame), (page) => {
    page.fill(0);
    for (let vcpu = 0; vcpu < SHARED_VCPUS; vcpu++) page[vcpu * VCPU_INFO_SIZE + UPCALL_MASK] = 1;
    writeWord(page, LAYOUT.sharedInfo.pfnCount, 8, BigInt(memoryPages));
  });
}

/** vcpu_info.evtchn_upcall_mask. */
const UPCALL_MASK = 1;

function bootContext(root: number, entryOffset: number, startInfoPfn: number, stackTop: number): Uint8Array {
  const { vcpuContext } = LAYOUT;
  const context = new Uint8Array(vcpuContext.size);
  const view = new DataView(context.buffer);
  const word = (offset: number, value: number) => view.setBigUint64(offset, BigInt(value), true);
  view.setUint16(PV64_CONTEXT.fpuControlWord, FPU_CONTROL, true);
  view.setUint32(PV64_CONTEXT.fpuMxcsr, MXCSR, true);
  word(vcpuContext.flags, VGCF_IN_KERNEL | VGCF_ONLINE);
  word(PV64_REGISTERS.rip, addressOf(KERNEL_PFN) + entryOffset);
  word(PV64_REGISTERS.general[RSP]!, stackTop);
  word(PV64_REGISTERS.general[RSI]!, addressOf(startInfoPfn));
  word(PV64_REGISTERS.rflags, RFLAGS_INTERRUPTS);
  view.setUint16(PV64_CONTEXT.cs, KERNEL_CS, true);
  view.setUint16(PV64_CONTEXT.ss, KERNEL_SS, true);
  word(PV64_CONTEXT.kernelSs, KERNEL_SS);
  word(PV64_CONTEXT.kernelSp, stackTop);
  view.setBigUint64(vcpuContext.cr3, foldCr3(root, 8), true);
  return context;
}

/** x86's numbers of the registers in which a kernel gets its stack and its start_info. */
const RSP = 4;
const RSI = 6;
