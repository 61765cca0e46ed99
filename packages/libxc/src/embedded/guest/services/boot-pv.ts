import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { startInfoBoot } from '../../../x86/start-info.js';
import { REG } from '../isa.js';
import { P2M } from '../kernel-data.js';
import { KERNEL_PFN } from '../load-layout.js';
import { CHURN_PAGES, prepareChurn } from './churn.js';
import { parseCommandLine } from './command-line.js';
import type { FreeMemory } from './free-memory.js';
import type { Kernel } from './kernel.js';
import { announceP2m, prepareP2m } from './p2m.js';
import { allocatePage, ensureTables, mapAllMemory, PTE, setEntry, sharedInfoAddress } from './pv-memory.js';

/** Start of day of a PV kernel: start_info in rsi, a linear map of what was built, everything else to be made. */
export function bootPv(kernel: Kernel): { cmdline: string; free: FreeMemory } {
  const { space, context } = kernel;
  const boot = startInfoBoot(kernel.width);
  const startInfo = context.registers.get(REG.rsi);
  const textPages = findTextPages(kernel);
  kernel.set('paravirtual', 1);
  kernel.set('virtBase', kernel.base - (KERNEL_PFN + textPages) * PAGE_SIZE);
  kernel.set('startInfo', startInfo);
  kernel.set('nrPages', kernel.readWord(startInfo + kernel.layout.startInfo.nrPages));
  kernel.set('mfnList', kernel.readWord(startInfo + boot.mfnList));
  const cmdline = space.readText(startInfo + boot.cmdLine, boot.cmdLineSize);
  // 32-bit kernels know the tree only.
  kernel.set('p2mLayout', kernel.width === 8 ? parseCommandLine(cmdline).p2m : P2M.tree);
  findRings(kernel);

  // Behind the tables lies the boot stack, then what is free.
  const tablesEnd = kernel.readWord(startInfo + boot.ptBase) + kernel.readWord(startInfo + boot.nrPtFrames) * PAGE_SIZE;
  kernel.set('nextFreePfn', kernel.pfnOfAddress(tablesEnd) + 1);
  mapAllMemory(kernel);
  ensureTables(kernel, sharedInfoAddress(kernel), 1);
  mapSharedInfoPv(kernel);
  prepareP2m(kernel);
  announceP2m(kernel);
  kernel.set('churnFirstPfn', kernel.get('nextFreePfn'));
  for (let i = 0; i < CHURN_PAGES; i++) allocatePage(kernel);
  prepareChurn(kernel);
  const first = kernel.get('nextFreePfn');
  const low = { address: kernel.addressOfPfn(first), pages: kernel.get('nrPages') - first };
  return { cmdline, free: { low, high: { address: 0, pages: 0 } } };
}

/** The kernel's text begins below its data, at the page boundary where its entry's page lies. */
function findTextPages(kernel: Kernel): number {
  return Math.floor((kernel.base - kernel.get('secondaryEntry')) / PAGE_SIZE) + 1;
}

/** The rings' addresses, from start_info's mfns; in the domain where the guest wakes up both are anew. */
export function findRings(kernel: Kernel): void {
  const { space } = kernel;
  const startInfo = kernel.get('startInfo');
  const { startInfo: at } = kernel.layout;
  const { mfnToPfn } = kernel.pv();
  kernel.set('store', kernel.addressOfPfn(mfnToPfn(kernel.readWord(startInfo + at.storeFrame))));
  kernel.set('storePort', space.read32(startInfo + at.storeEvtchn));
  kernel.set('console', kernel.addressOfPfn(mfnToPfn(kernel.readWord(startInfo + at.consoleFrame))));
  kernel.set('consolePort', space.read32(startInfo + at.consoleEvtchn));
}

/** shared_info is a frame of Xen's that start_info names by machine address. */
export function mapSharedInfoPv(kernel: Kernel): void {
  const machineAddress = kernel.readWord(kernel.get('startInfo') + kernel.layout.startInfo.sharedInfo);
  setEntry(kernel, sharedInfoAddress(kernel), 1, machineAddress / PAGE_SIZE, PTE.writable);
  kernel.set('sharedInfo', sharedInfoAddress(kernel));
}

export function unmapSharedInfoPv(kernel: Kernel): void {
  kernel.set('sharedInfo', 0);
  setEntry(kernel, sharedInfoAddress(kernel), 1, 0, PTE.none);
}
