import { VIRQ_DOM_EXC } from '../../hypervisor/hypervisor.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';
import { FLAG } from '../memory/frame-table.js';
import { dropRoots } from '../mmu/vcpu-roots.js';
import { endThreads } from '../run/scheduler.js';

/**
 * Ends a domain: its threads, the references its registers and pins hold, its frames. Frames that a client still maps
 * keep the domain dying until they are unmapped (see reapDying).
 */
export async function destroyDomain(state: HostState, domain: Domain): Promise<void> {
  if (domain.dying) return;
  domain.dying = true;
  await endThreads(domain);
  const { machine } = state;
  machine.freeing((freed) => {
    for (const vcpu of domain.vcpus) dropRoots(state, domain, vcpu, freed);
    machine.frames.forEachOwned(domain.domid, (mfn, columns, at) => {
      if ((columns.flags[at]! & FLAG.pinned) === 0) return;
      state.types.unpin(mfn, domain, freed);
    });
    machine.frames.forEachOwned(domain.domid, (mfn, columns, at) => {
      if ((columns.flags[at]! & FLAG.allocated) === 0) return;
      columns.flags[at]! &= ~FLAG.allocated;
      machine.putFrame(mfn, freed);
    });
  });
  reapDying(state, domain);
  state.fireVirq(VIRQ_DOM_EXC);
}

/** A dying domain is gone once no frame of it is left. */
export function reapDying(state: HostState, domain: Domain): void {
  if (!domain.dying || !state.domains.has(domain.domid)) return;
  let left = false;
  state.machine.frames.forEachOwned(domain.domid, () => {
    left = true;
  });
  if (left) return;
  state.domains.delete(domain.domid);
  state.log.add(`d${domain.domid} is gone`);
  state.fireVirq(VIRQ_DOM_EXC);
}
