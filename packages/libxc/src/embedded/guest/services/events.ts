import { VCPU_INFO_SIZE } from '../../../x86/layout.js';
import type { Kernel } from './kernel.js';

/** vcpu_info: evtchn_upcall_pending and evtchn_upcall_mask are its first two bytes. */
const UPCALL = 0;
const UPCALL_PENDING = 0x00ff;
const UPCALL_MASK = 0xff00;

const PORTS = ['storePort', 'consolePort', 'suspendPort'] as const;

/**
 * Lets the guest's ports fire: a new shared_info has all of them masked, and upcalls to vcpu 0 too. What fired while it
 * was masked needs no upcall: the next tick looks at all rings.
 */
export function unmaskEvents(kernel: Kernel): void {
  const { evtchnMask } = kernel.layout.sharedInfo;
  const { words } = kernel.space.forWrite(kernel.get('sharedInfo'));
  for (const field of PORTS) {
    const port = kernel.get(field);
    Atomics.and(words, (evtchnMask >>> 2) + (port >>> 5), ~(1 << (port & 31)));
  }
  Atomics.and(words, UPCALL >>> 2, ~UPCALL_MASK);
}

/**
 * Takes all events that are pending: they only say "look at your rings", which every tick does anyway.
 *
 * @returns whether the suspend port was among them
 */
export function takeEvents(kernel: Kernel): boolean {
  const shared = kernel.get('sharedInfo');
  if (shared === 0) return false;
  const { pendingSel, evtchnPending } = kernel.layout.sharedInfo;
  const { words } = kernel.space.forWrite(shared);
  // Upcall flags before the port bits: an event that comes in between is then seen next time.
  const info = kernel.context.vcpu * VCPU_INFO_SIZE;
  Atomics.and(words, (info + UPCALL) >>> 2, ~UPCALL_PENDING);
  for (let at = 0; at < kernel.width; at += 4) Atomics.store(words, (info + pendingSel + at) >>> 2, 0);
  let suspend = false;
  for (const field of PORTS) {
    const port = kernel.get(field);
    const bit = 1 << (port & 31);
    const before = Atomics.and(words, (evtchnPending >>> 2) + (port >>> 5), ~bit);
    if (field === 'suspendPort' && port !== 0 && (before & bit) !== 0) suspend = true;
  }
  return suspend;
}
