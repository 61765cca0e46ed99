import { SHUTDOWN, type ShutdownReason, VIRQ_DOM_EXC } from '../../hypervisor/hypervisor.js';
import type { Domain } from '../domains/domain.js';
import type { Vcpu } from '../domains/vcpu.js';
import { heldBecause } from '../guest/index.js';
import { resumeHeld } from '../held/resume.js';
import type { HostState } from '../host-state.js';
import type { VcpuData } from './vcpu-data.js';
import { VcpuThread } from './vcpu-thread.js';

/** Lets the domain's vcpus run, or asks them to stop, as its state says. */
export function schedule(state: HostState, domain: Domain): void {
  if (!domain.runnable) {
    for (const thread of domain.threads?.values() ?? []) thread.askToStop();
    return;
  }
  domain.hasRun = true;
  if (whyHeld(state, domain) !== undefined) {
    resumeHeld(state, domain);
    return;
  }
  for (const vcpu of domain.vcpus) if (vcpu.online) threadOf(state, domain, vcpu).run();
}

/** Resolves when no vcpu of the domain executes. */
export async function vcpusStopped(domain: Domain): Promise<void> {
  await Promise.all([...(domain.threads?.values() ?? [])].map((thread) => thread.stopped()));
}

/** Runs `work` while no vcpu of the domain executes. */
export async function whileStopped<T>(state: HostState, domain: Domain, work: () => T): Promise<T> {
  domain.internalPauses++;
  try {
    schedule(state, domain);
    await vcpusStopped(domain);
    return work();
  } finally {
    domain.internalPauses--;
    schedule(state, domain);
  }
}

/** Takes the domain down. Resolves once every vcpu has stopped and whoever waits for it was told. */
export async function shutDown(state: HostState, domain: Domain, reason: ShutdownReason): Promise<void> {
  if (domain.shutdown !== undefined) return;
  domain.shutdown = reason;
  schedule(state, domain);
  await vcpusStopped(domain);
  domain.shutdownComplete = true;
  state.log.add(`d${domain.domid} shut down, reason ${reason}`);
  announceShutdown(state, domain, reason);
}

export function crash(state: HostState, domain: Domain, why: string): void {
  state.log.add(`d${domain.domid} crashed: ${why}`);
  void shutDown(state, domain, SHUTDOWN.crash);
}

/** Ends all threads of the domain. */
export async function endThreads(domain: Domain): Promise<void> {
  const threads = [...(domain.threads?.values() ?? [])];
  domain.threads = undefined;
  await Promise.all(threads.map((thread) => thread.end()));
}

/** Why this host can't execute the domain's code; undefined when it can. */
export function whyHeld(state: HostState, domain: Domain): string | undefined {
  if (domain.heldKnown) return domain.heldBecause;
  const first = domain.vcpus[0];
  if (first === undefined || !first.initialised) return undefined;
  const { machine } = state;
  domain.heldKnown = true;
  domain.heldBecause = heldBecause({
    kind: first.kind,
    width: domain.width,
    context: first.context,
    frame: (mfn) => machine.memory.frame(mfn),
    gfnToMfn: (gfn) => domain.p2m.mfnOf(gfn),
    mfnToPfn: (mfn) => machine.m2p.pfnOf(mfn),
    markDirty: () => {},
  });
  return domain.heldBecause;
}

/** The registers were loaded anew. */
export function forgetHeld(domain: Domain): void {
  domain.heldKnown = false;
  domain.heldBecause = undefined;
}

/** A suspend goes to the port that was subscribed to it; all else to whoever listens for domains' ends. */
function announceShutdown(state: HostState, domain: Domain, reason: ShutdownReason): void {
  const port = domain.suspendPort === undefined ? undefined : domain.ports.get(domain.suspendPort);
  if (reason === SHUTDOWN.suspend && port?.state === 'bound') port.peer.fire();
  else state.fireVirq(VIRQ_DOM_EXC);
}

function threadOf(state: HostState, domain: Domain, vcpu: Vcpu): VcpuThread {
  domain.threads ??= new Map();
  const existing = domain.threads.get(vcpu.id);
  if (existing !== undefined) return existing;
  const thread = new VcpuThread(state.spareThread.take(), vcpu, vcpuData(state, domain, vcpu), {
    call: (name, args) => state.guestCall(domain, vcpu, name, args),
    failed: (error) => crash(state, domain, `vcpu ${vcpu.id}: ${error.stack ?? error.message}`),
  });
  domain.threads.set(vcpu.id, thread);
  return thread;
}

function vcpuData({ machine }: HostState, domain: Domain, vcpu: Vcpu): VcpuData {
  return {
    kind: vcpu.kind,
    width: domain.width,
    vcpu: vcpu.id,
    memory: { path: machine.path, span: machine.layout.span },
    m2pExtents: machine.m2p.extents,
    p2m: domain.p2m.table,
    logDirtyBitmap: domain.logDirty.bitmap,
    domainControl: domain.logDirty.control,
    control: vcpu.control,
    context: vcpu.contextBuffer,
  };
}
