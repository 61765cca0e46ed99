import { INVALID_FRAME, PAGE_SIZE } from '../../hypervisor/frames.js';
import type { ShutdownReason } from '../../hypervisor/hypervisor.js';
import { registerLayout } from '../../x86/registers.js';
import type { Domain } from '../domains/domain.js';
import type { Vcpu } from '../domains/vcpu.js';
import type { Hypercalls, PageTableEntry } from '../guest/hypercalls.js';
import { Registers } from '../guest/registers.js';
import type { HostState } from '../host-state.js';
import { pinTable, unpinTable, updateEntry } from '../mmu/guest-tables.js';
import { takeRoots } from '../mmu/vcpu-roots.js';
import { decreaseReservation } from '../operations/memory.js';
import { frameForUse } from '../operations/populate-on-demand.js';
import { PHYSMAP_FAULT } from './control.js';
import { schedule, shutDown } from './scheduler.js';

/** One hypercall of the embedded kernels. */
type Call<N extends keyof Hypercalls> = (
  state: HostState,
  domain: Domain,
  vcpu: Vcpu,
  ...args: Parameters<Hypercalls[N]>
) => number;

/**
 * The hypercalls of executing guests, on the host's thread. Each answers a number, 0 where there is nothing to answer;
 * an error becomes a fault in the guest.
 */
const CALLS: { readonly [N in keyof Hypercalls]: Call<N> } = {
  notify(_state, domain, _vcpu, port) {
    const found = domain.ports.get(port);
    if (found === undefined) throw new Error(`the domain has no event channel port ${port}`);
    if (found.state === 'bound') found.peer.fire();
    return 0;
  },

  allocUnboundPort(_state, domain, _vcpu, remote) {
    const port = domain.ports.allocateUnbound(remote);
    if (port === undefined) throw new Error('the domain has as many event channel ports as it may');
    return port;
  },

  log(state, domain, _vcpu, text) {
    state.log.add(`d${domain.domid}: ${text.slice(0, 1024)}`);
    return 0;
  },

  shutdown(state, domain, _vcpu, reason) {
    void shutDown(state, domain, reason as ShutdownReason);
    return 0;
  },

  vcpuCount: (_state, domain) => domain.vcpus.length,

  startVcpu(state, domain, caller, id, registers, rip) {
    const vcpu = domain.vcpus[id];
    if (vcpu === undefined || vcpu.online) throw new Error(`vcpu ${id} can't be started`);
    vcpu.context.set(caller.context);
    const context = new Registers(vcpu.context, registerLayout(vcpu.kind, domain.width));
    for (const { register, value } of registers) context.set(register, value);
    context.rip = rip;
    if (!domain.hvm) takeRoots(state, domain, vcpu, vcpu.context);
    vcpu.initialised = true;
    vcpu.online = true;
    schedule(state, domain);
    return 0;
  },

  decreaseReservation: (state, domain, _vcpu, gfns) => decreaseReservation(state, domain, gfns),

  mmuUpdate(state, domain, _vcpu, machineAddress, entry) {
    const mfn = Math.floor(machineAddress / PAGE_SIZE);
    updateEntry(state, domain, mfn, Math.floor((machineAddress % PAGE_SIZE) / 8), lowOf(entry), highOf(entry));
    return 0;
  },

  pin(state, domain, _vcpu, level, mfn) {
    pinTable(state, domain, level, mfn);
    return 0;
  },

  unpin(state, domain, _vcpu, mfn) {
    unpinTable(state, domain, mfn);
    return 0;
  },

  hvmParam: (_state, domain, _vcpu, index) => Number(domain.params.get(index) ?? 0n),

  setHvmParam(_state, domain, _vcpu, index, value) {
    domain.params.set(index, value);
    return 0;
  },

  mapSharedInfo(state, domain, _vcpu, gfn) {
    const { machine } = state;
    const before = domain.p2m.mfnOf(gfn);
    if (before === domain.sharedInfoMfn) return 0;
    if (!(gfn >= 0 && gfn < domain.p2m.capacity)) throw new Error(`gfn ${gfn} is out of range`);
    if (before > 0) machine.freeing((freed) => machine.putFrame(before, freed));
    if (domain.sharedInfoGfn >= 0) domain.p2m.set(domain.sharedInfoGfn, INVALID_FRAME);
    domain.p2m.set(gfn, domain.sharedInfoMfn);
    // Xen writes to it whenever an event comes in.
    domain.logDirty.alwaysWritable.delete(domain.sharedInfoGfn);
    domain.logDirty.alwaysWritable.add(gfn);
    domain.sharedInfoGfn = gfn;
    return 0;
  },
};

const lowOf = ({ mfn, flags }: PageTableEntry) => (((mfn % 2 ** 20) << 12) | flags) >>> 0;
const highOf = ({ mfn }: PageTableEntry) => Math.floor(mfn / 2 ** 20);

/** @throws Error */
export function guestCall(
  state: HostState,
  domain: Domain,
  vcpu: Vcpu,
  name: string,
  args: readonly unknown[],
): number {
  // The table is typed call by call; a name that comes from a thread can't be paired with its types.
  if (name === PHYSMAP_FAULT) return frameForUse(state, domain, args[0] as number);
  const call = CALLS[name as keyof Hypercalls] as unknown as AnyCall | undefined;
  if (call === undefined) throw new Error(`no hypercall ${name}`);
  return call(state, domain, vcpu, ...args);
}

type AnyCall = (state: HostState, domain: Domain, vcpu: Vcpu, ...args: readonly unknown[]) => number;
