import { pvLayout, VCPU_INFO_SIZE } from '../../x86/layout.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';

/** vcpu_info: evtchn_upcall_pending is its first byte. */
const UPCALL_PENDING = 1;
/** Events are for vcpu 0: nobody binds them elsewhere. */
const EVENT_VCPU = 0;

/** Sets a guest port pending, as EVTCHNOP_send does, and wakes the guest where the port is not masked. */
export function deliverEvent(state: HostState, domain: Domain, port: number): void {
  const { words, pending, mask } = portWords(state, domain);
  const bit = 1 << (port & 31);
  const before = Atomics.or(words, pending + (port >>> 5), bit);
  if ((before & bit) !== 0) return;
  if ((Atomics.load(words, mask + (port >>> 5)) & bit) === 0) raiseUpcall(words, domain, port);
}

function portWords({ machine }: HostState, domain: Domain) {
  const { evtchnPending, evtchnMask } = pvLayout(domain.width).sharedInfo;
  const frame = machine.memory.words(domain.sharedInfoMfn);
  const words = new Int32Array(frame.buffer, frame.byteOffset, frame.length);
  return { words, pending: evtchnPending >>> 2, mask: evtchnMask >>> 2 };
}

function raiseUpcall(words: Int32Array, domain: Domain, port: number): void {
  const { pendingSel } = pvLayout(domain.width).sharedInfo;
  const info = EVENT_VCPU * VCPU_INFO_SIZE;
  // One selector bit for each guest word of ports.
  const selector = port >>> (domain.width === 8 ? 6 : 5);
  Atomics.or(words, ((info + pendingSel) >>> 2) + (selector >>> 5), 1 << (selector & 31));
  Atomics.or(words, info >>> 2, UPCALL_PENDING);
  domain.vcpus[EVENT_VCPU]?.wake();
}
