import { HypervisorError } from '../hypervisor/errors.js';
import type { Connection, EventConnection } from './connection.js';
import type { HostCpu } from './domains/cpu-policy.js';
import type { Domain } from './domains/domain.js';
import type { Vcpu } from './domains/vcpu.js';
import type { LogRing } from './log-ring.js';
import type { Machine } from './memory/machine.js';
import type { PageTypes } from './mmu/page-types.js';
import { SpareThread } from './run/spare-thread.js';

/** A client's port that a virq fires. */
export interface VirqBinding {
  readonly connection: EventConnection;
  readonly port: number;
}

/** Carries out a hypercall of an executing vcpu. @throws Error: the guest is told so */
export type GuestCall = (domain: Domain, vcpu: Vcpu, name: string, args: readonly unknown[]) => number;

/** All that the host holds; what the operations work on. */
export class HostState {
  readonly domains = new Map<number, Domain>();
  readonly connections = new Set<Connection>();
  /** By virq. */
  readonly virqs = new Map<number, Set<VirqBinding>>();
  readonly spareThread = new SpareThread();
  readonly startedAt = performance.now();
  lastDomid = 0;
  private lastPort = 0;

  constructor(
    readonly machine: Machine,
    readonly types: PageTypes,
    readonly log: LogRing,
    readonly guestCall: GuestCall,
    readonly cpu: HostCpu,
  ) {}

  /** @param operation what was asked, for the error. @throws HypervisorError ESRCH */
  domain(domid: number, operation: string): Domain {
    const domain = this.domains.get(domid);
    if (domain === undefined) throw new HypervisorError('ESRCH', operation, domid, 'no such domain');
    return domain;
  }

  /** A new port number of the control domain. */
  nextPort(): number {
    this.lastPort++;
    return this.lastPort;
  }

  fireVirq(virq: number): void {
    for (const { connection, port } of this.virqs.get(virq) ?? []) connection.fire(port);
  }

  /** Notes a write that the host itself made to a frame of the domain. */
  markDirty(domain: Domain, mfn: number): void {
    if (!domain.logDirty.enabled) return;
    domain.logDirty.mark(this.machine.m2p.pfnOf(mfn));
  }
}
