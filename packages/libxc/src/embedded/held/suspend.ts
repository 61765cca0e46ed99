import { INVALID_FRAME } from '../../hypervisor/frames.js';
import { SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { pvLayout } from '../../x86/layout.js';
import { writeWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';
import { shutDown, whyHeld } from '../run/scheduler.js';
import { ringFields } from './start-info.js';

/** Whether it is a held guest that would run. */
export function canSuspendHeld(state: HostState, domain: Domain): boolean {
  return domain.runnable && whyHeld(state, domain) !== undefined;
}

/**
 * Suspends a held guest as its kernel would, asked through xenstore: a PV kernel turns the rings' mfns in start_info into
 * pfns and leaves the mfn of start_info in vcpu 0's (e/r)dx (where restore put it).
 *
 * @returns whether there was something to do: false for a guest that executes, is paused, or is down already
 */
export async function suspendHeld(state: HostState, domain: Domain): Promise<boolean> {
  if (!canSuspendHeld(state, domain)) return false;
  prepareSuspend(state, domain);
  await shutDown(state, domain, SHUTDOWN.suspend);
  return true;
}

/** The changes alone, for a suspend that the toolstack orders itself (remote shutdown). */
export function prepareSuspend(state: HostState, domain: Domain): void {
  if (domain.hvm || domain.held.state !== 'running') return;
  const fields = ringFields(state, domain);
  if (fields === undefined) {
    state.log.add(`d${domain.domid}: vcpu 0 does not lead to start_info; the domain can't be saved`);
    return;
  }
  for (const { page, offset, frame } of fields.rings) {
    const pfn = state.machine.frames.ownerOf(frame) === domain.domid ? state.machine.m2p.pfnOf(frame) : INVALID_FRAME;
    if (pfn !== INVALID_FRAME) writeWord(page, offset, domain.width, BigInt(pfn));
  }
  state.markDirty(domain, fields.mfn);
  writeWord(domain.vcpus[0]!.context, pvLayout(domain.width).vcpuContext.ax, domain.width, 0n);
  domain.held.state = 'suspended';
}
