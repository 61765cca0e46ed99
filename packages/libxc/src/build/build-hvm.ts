import type { KernelImage } from '../embedded/guest/image.js';
import { KERNEL_PFN } from '../embedded/guest/load-layout.js';
import { PAGE_SIZE } from '../hypervisor/frames.js';
import { HVM_PARAM } from '../x86/hvm-params.js';
import { HVM_START_INFO } from '../x86/start-info.js';
import { GuestMemory } from './guest-memory.js';
import { bootCpuRecord, withBootCpu } from './hvm-context.js';
import {
  IOREQ_SERVER_REGION,
  identityPageDirectory,
  type RamRange,
  ramRanges,
  SPECIAL_PFN,
  SPECIAL_REGION,
} from './hvm-layout.js';
import { populateRange, promiseRange } from './populate.js';
import { openRings } from './rings.js';
import { type BuildDomainOptions, BuildError, type BuiltDomain } from './types.js';

/** Builds an HVM or PVH domain that starts in the kernel itself (no firmware). @throws BuildError, HypervisorError */
export async function buildHvm(options: BuildDomainOptions, kernel: KernelImage): Promise<BuiltDomain> {
  const { hypervisor, domid } = options;
  const ranges = ramRanges(Math.floor(options.memoryKib / 4));
  const kernelEnd = KERNEL_PFN + kernel.text.length / PAGE_SIZE + kernel.zeroPages;
  const ramdisk = options.ramdisk ?? new Uint8Array(0);
  const ramdiskPages = Math.ceil(ramdisk.length / PAGE_SIZE);
  const startInfoPfn = kernelEnd + ramdiskPages;
  const info = startInfo(options, ranges, kernelEnd * PAGE_SIZE, startInfoPfn * PAGE_SIZE);
  const infoPages = Math.ceil(info.length / PAGE_SIZE);
  const lowEnd = ranges.findLast(({ from }) => from < SPECIAL_REGION.from)?.to ?? 0;
  if (startInfoPfn + infoPages > lowEnd) {
    throw new BuildError(
      'NO_MEMORY',
      `the domain's RAM ends at pfn ${lowEnd}; its kernel needs ${startInfoPfn + infoPages}`,
    );
  }
  await populateRam(options, ranges);
  const memory = new GuestMemory(hypervisor, domid, (pfn) => pfn);
  await memory.write(KERNEL_PFN, kernelEnd - KERNEL_PFN, kernel.text);
  await memory.write(kernelEnd, ramdiskPages, ramdisk);
  await memory.write(startInfoPfn, infoPages, info);
  await makeSpecialPages(options, memory);
  await setParams(options);
  const cpu = bootCpuRecord(KERNEL_PFN * PAGE_SIZE + kernel.entryOffset, startInfoPfn * PAGE_SIZE);
  await hypervisor.setHvmContext(domid, withBootCpu(await hypervisor.hvmContext(domid), cpu));
  const built = { storeGfn: SPECIAL_PFN.xenstore, consoleGfn: SPECIAL_PFN.console };
  await openRings(options, built, memory);
  return built;
}

async function populateRam(options: BuildDomainOptions, ranges: readonly RamRange[]): Promise<void> {
  const { hypervisor, domid, memoryKib, targetKib = memoryKib } = options;
  if (targetKib >= memoryKib) {
    for (const { from, to } of ranges) await populateRange(hypervisor, domid, from, to);
    return;
  }
  for (const { from, to } of ranges) await promiseRange(hypervisor, domid, from, to);
  await hypervisor.setPodTarget(domid, Math.floor(targetKib / 4));
}

async function makeSpecialPages(options: BuildDomainOptions, memory: GuestMemory): Promise<void> {
  const { hypervisor, domid } = options;
  const pages = SPECIAL_REGION.to - SPECIAL_REGION.from;
  await populateRange(hypervisor, domid, SPECIAL_REGION.from, SPECIAL_REGION.to);
  await memory.write(SPECIAL_REGION.from, pages, new Uint8Array(0));
  await memory.write(SPECIAL_PFN.identPt, 1, identityPageDirectory());
  if (options.kind !== 'hvm') return;
  await populateRange(hypervisor, domid, IOREQ_SERVER_REGION.from, IOREQ_SERVER_REGION.to);
  await memory.write(IOREQ_SERVER_REGION.from, IOREQ_SERVER_REGION.to - IOREQ_SERVER_REGION.from, new Uint8Array(0));
}

async function setParams(options: BuildDomainOptions): Promise<void> {
  const params: [number, number][] = [
    [HVM_PARAM.STORE_PFN, SPECIAL_PFN.xenstore],
    [HVM_PARAM.STORE_EVTCHN, options.store.port],
    [HVM_PARAM.CONSOLE_PFN, SPECIAL_PFN.console],
    [HVM_PARAM.CONSOLE_EVTCHN, options.console.port],
    [HVM_PARAM.PAGING_RING_PFN, SPECIAL_PFN.paging],
    [HVM_PARAM.MONITOR_RING_PFN, SPECIAL_PFN.access],
    [HVM_PARAM.SHARING_RING_PFN, SPECIAL_PFN.sharing],
    [HVM_PARAM.IDENT_PT, SPECIAL_PFN.identPt * PAGE_SIZE],
  ];
  if (options.kind === 'hvm') {
    params.push(
      [HVM_PARAM.BUFIOREQ_PFN, SPECIAL_PFN.bufioreq],
      [HVM_PARAM.IOREQ_PFN, SPECIAL_PFN.ioreq],
      [HVM_PARAM.IOREQ_SERVER_PFN, IOREQ_SERVER_REGION.from],
      [HVM_PARAM.NR_IOREQ_SERVER_PAGES, IOREQ_SERVER_REGION.to - IOREQ_SERVER_REGION.from],
    );
  }
  for (const [index, value] of params) await options.hypervisor.setHvmParam(options.domid, index, BigInt(value));
}

/** hvm_start_info with its module list, memory map and command line behind it, to lie at physical address `base`. */
function startInfo(
  options: BuildDomainOptions,
  ranges: readonly RamRange[],
  ramdiskAddress: number,
  base: number,
): Uint8Array {
  const modules = options.ramdisk !== undefined && options.ramdisk.length > 0 ? 1 : 0;
  const map = [
    ...ranges.map((range) => ({ ...range, type: HVM_START_INFO.memmapRam })),
    { from: IOREQ_SERVER_REGION.from, to: SPECIAL_REGION.to, type: HVM_START_INFO.memmapReserved },
  ].sort((a, b) => a.from - b.from);
  const modlist = HVM_START_INFO.size;
  const memmap = modlist + modules * HVM_START_INFO.moduleSize;
  const cmdline = memmap + map.length * HVM_START_INFO.memmapSize;
  const text = Buffer.from(options.cmdline, 'utf8');
  const bytes = new Uint8Array(cmdline + text.length + 1);
  const view = new DataView(bytes.buffer);
  const u64 = (offset: number, value: number) => view.setBigUint64(offset, BigInt(value), true);
  view.setUint32(HVM_START_INFO.magic, HVM_START_INFO.magicValue, true);
  view.setUint32(HVM_START_INFO.version, 1, true);
  view.setUint32(HVM_START_INFO.nrModules, modules, true);
  u64(HVM_START_INFO.modlist, modules === 0 ? 0 : base + modlist);
  u64(HVM_START_INFO.cmdline, base + cmdline);
  u64(HVM_START_INFO.memmap, base + memmap);
  view.setUint32(HVM_START_INFO.memmapEntries, map.length, true);
  if (modules > 0) {
    u64(modlist, ramdiskAddress);
    u64(modlist + 8, options.ramdisk?.length ?? 0);
  }
  map.forEach(({ from, to, type }, i) => {
    const at = memmap + i * HVM_START_INFO.memmapSize;
    u64(at, from * PAGE_SIZE);
    u64(at + 8, (to - from) * PAGE_SIZE);
    view.setUint32(at + 16, type, true);
  });
  bytes.set(text, cmdline);
  return bytes;
}
