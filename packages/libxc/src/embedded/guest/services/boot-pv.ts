import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { pvLayout } from '../../../x86/layout.js';
import { START_INFO_64 } from '../../../x86/start-info.js';
import { REG } from '../isa.js';
import { KERNEL_PFN } from '../load-layout.js';
import { CHURN_PAGES, prepareChurn } from './churn.js';
import { parseCommandLine } from './command-line.js';
import type { FreeMemory } from './free-memory.js';
import type { Kernel } from './kernel.js';
import { announceP2m, prepareP2m } from './p2m.js';
import { allocatePage, ensureTables, mapAllMemory, PTE, setEntry, sharedInfoAddress } from './pv-memory.js';

const { startInfo: AT } = pvLayout(8);

/** Start of day of a PV kernel: start_info in rsi, a linear map of what was built, everything else to be made. */
export function bootPv(kernel: Kernel): { cmdline: string; free: FreeMemory } {
  const { space, context } = kernel;
  const startInfo = context.registers.get(REG.rsi);
  const textPages = findTextPages(kernel);
  kernel.set('paravirtual', 1);
  kernel.set('virtBase', kernel.base - (KERNEL_PFN + textPages) * PAGE_SIZE);
  kernel.set('startInfo', startInfo);
  kernel.set('nrPages', space.read64(startInfo + AT.nrPages));
  kernel.set('mfnList', space.read64(startInfo + START_INFO_64.mfnList));
  const cmdline = space.readText(startInfo + START_INFO_64.cmdLine, START_INFO_64.cmdLineSize);
  kernel.set('p2mLayout', parseCommandLine(cmdline).p2m);
  findRings(kernel);

  // Behind the tables lies the boot stack, then what is free.
  const tablesEnd =
    space.read64(startInfo + START_INFO_64.ptBase) + space.read64(startInfo + START_INFO_64.nrPtFrames) * PAGE_SIZE;
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
  const { mfnToPfn } = kernel.pv();
  kernel.set('store', kernel.addressOfPfn(mfnToPfn(space.read64(startInfo + AT.storeFrame))));
  kernel.set('storePort', space.read32(startInfo + AT.storeEvtchn));
  kernel.set('console', kernel.addressOfPfn(mfnToPfn(space.read64(startInfo + AT.consoleFrame))));
  kernel.set('consolePort', space.read32(startInfo + AT.consoleEvtchn));
}

/** shared_info is a frame of Xen's that start_info names by machine address. */
export function mapSharedInfoPv(kernel: Kernel): void {
  const machineAddress = kernel.space.read64(kernel.get('startInfo') + AT.sharedInfo);
  setEntry(kernel, sharedInfoAddress(kernel), 1, machineAddress / PAGE_SIZE, PTE.writable);
  kernel.set('sharedInfo', sharedInfoAddress(kernel));
}

export function unmapSharedInfoPv(kernel: Kernel): void {
  kernel.set('sharedInfo', 0);
  setEntry(kernel, sharedInfoAddress(kernel), 1, 0, PTE.none);
}
