import { pvLayout, VCPU_INFO_SIZE } from '../../../x86/layout.js';
import type { Kernel } from './kernel.js';

const { sharedInfo: AT } = pvLayout(8);

/** vcpu_info: evtchn_upcall_pending and evtchn_upcall_mask are its first two bytes. */
const UPCALL = 0;

/** Lets the guest's ports fire: a new shared_info has all of them masked. */
export function unmaskEvents(kernel: Kernel): void {
  for (const field of ['storePort', 'consolePort', 'suspendPort'] as const) {
    const port = kernel.get(field);
    if (port !== 0) kernel.hypercalls.unmask(port);
  }
}

/**
 * Takes all events that are pending: they only say "look at your rings", which every tick does anyway.
 *
 * @returns whether the suspend port was among them
 */
export function takeEvents(kernel: Kernel): boolean {
  const shared = kernel.get('sharedInfo');
  if (shared === 0) return false;
  const { words } = kernel.space.forWrite(shared);
  // Upcall flags before the port bits: an event that comes in between is then seen next time.
  const info = kernel.context.vcpu * VCPU_INFO_SIZE;
  Atomics.and(words, (info + UPCALL) >>> 2, ~0xff);
  Atomics.store(words, (info + AT.pendingSel) >>> 2, 0);
  Atomics.store(words, ((info + AT.pendingSel) >>> 2) + 1, 0);
  let suspend = false;
  for (const field of ['storePort', 'consolePort', 'suspendPort'] as const) {
    const port = kernel.get(field);
    const bit = 1 << (port & 31);
    const before = Atomics.and(words, (AT.evtchnPending >>> 2) + (port >>> 5), ~bit);
    if (field === 'suspendPort' && port !== 0 && (before & bit) !== 0) suspend = true;
  }
  return suspend;
}
