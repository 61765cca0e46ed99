import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { HVM_PARAM } from '../../../x86/hvm-params.js';
import { HVM_START_INFO } from '../../../x86/start-info.js';
import { GuestFault } from '../fault.js';
import { REG } from '../isa.js';
import type { FreeMemory, Stretch } from './free-memory.js';
import type { Kernel } from './kernel.js';

const CMDLINE_MAX = 4096;
const FOUR_GIB = 2 ** 32;
/** A frame of the hole below 4 GiB, where Linux puts it too. */
const SHARED_INFO_GFN = 0xfe700;
/** HVM_PARAM_CALLBACK_IRQ, which is the kernel's to set. */
const CALLBACK_IRQ = 0;
/** Type 2 (vector) in bits 56..63, vector 0xf3. Its being set says that there are PV drivers. */
const CALLBACK_VECTOR = (2n << 56n) | 0xf3n;

/** Start of day of an HVM or PVH kernel: physical addresses, hvm_start_info in rbx, rings in HVM params. */
export function bootHvm(kernel: Kernel): { cmdline: string; free: FreeMemory } {
  const { space, context } = kernel;
  const info = context.registers.get(REG.rbx);
  if (space.read32(info) !== HVM_START_INFO.magicValue) throw new GuestFault('PANIC', 'rbx leads to no hvm_start_info');
  kernel.set('paravirtual', 0);
  kernel.set('startInfo', info);
  connectHvm(kernel);
  const cmdlineAddress = space.read64(info + HVM_START_INFO.cmdline);
  const cmdline = space.readText(cmdlineAddress, CMDLINE_MAX);
  const usedEnd = Math.ceil((cmdlineAddress + Buffer.byteLength(cmdline) + 1) / PAGE_SIZE) * PAGE_SIZE;
  return { cmdline, free: findFree(kernel, info, usedEnd) };
}

/** Rings, shared_info and callback: what does not come along to another domain. */
export function connectHvm(kernel: Kernel): void {
  const { hypercalls } = kernel;
  hypercalls.mapSharedInfo(SHARED_INFO_GFN);
  kernel.space.flush();
  kernel.set('sharedInfo', SHARED_INFO_GFN * PAGE_SIZE);
  hypercalls.setHvmParam(CALLBACK_IRQ, CALLBACK_VECTOR);
  kernel.set('store', hypercalls.hvmParam(HVM_PARAM.STORE_PFN) * PAGE_SIZE);
  kernel.set('storePort', hypercalls.hvmParam(HVM_PARAM.STORE_EVTCHN));
  kernel.set('console', hypercalls.hvmParam(HVM_PARAM.CONSOLE_PFN) * PAGE_SIZE);
  kernel.set('consolePort', hypercalls.hvmParam(HVM_PARAM.CONSOLE_EVTCHN));
}

/** RAM behind what the builder used: one stretch below 4 GiB, one above. */
function findFree(kernel: Kernel, info: number, usedEnd: number): FreeMemory {
  const { space } = kernel;
  const entries = space.read32(info + HVM_START_INFO.memmapEntries);
  const table = space.read64(info + HVM_START_INFO.memmap);
  let low: Stretch = { address: usedEnd, pages: 0 };
  let high: Stretch = { address: 0, pages: 0 };
  for (let i = 0; i < entries; i++) {
    const entry = table + i * HVM_START_INFO.memmapSize;
    if (space.read32(entry + 16) !== HVM_START_INFO.memmapRam) continue;
    const address = space.read64(entry);
    const end = address + space.read64(entry + 8);
    if (address >= FOUR_GIB) high = { address, pages: (end - address) / PAGE_SIZE };
    else if (end > usedEnd) low = { address: usedEnd, pages: (end - usedEnd) / PAGE_SIZE };
  }
  return { low, high };
}
