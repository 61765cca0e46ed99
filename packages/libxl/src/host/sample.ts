import type { HostInfo } from '@xen-migration/libxc';
import { type DomainSummary, listDomains } from '../domain/list.js';
import { type VcpuSummary, vcpusOfDomain } from '../domain/vcpus.js';
import type { Host } from './open-host.js';

/** What the host and its domains looked like at one moment. */
export interface HostSample {
  /** performance.now() */
  readonly at: number;
  readonly host: HostInfo;
  readonly domains: readonly DomainSummary[];
  /** Of each domid; empty where nobody wants them. */
  readonly vcpus: ReadonlyMap<number, readonly VcpuSummary[]>;
}

/** What `xl top` shows is two of these (cpuPercent). @param withVcpus asks for each domain's vcpus, too */
export async function sampleHost(host: Host, withVcpus = false): Promise<HostSample> {
  const [info, domains] = await Promise.all([host.hypervisor.info(), listDomains(host)]);
  const at = performance.now();
  const vcpus = new Map<number, readonly VcpuSummary[]>();
  if (withVcpus) {
    // A domain that has gone in between has none.
    for (const { domid } of domains) vcpus.set(domid, await vcpusOfDomain(host, domid).catch(() => []));
  }
  return { at, host: info, domains, vcpus };
}

/** Percent of one CPU that a domain used between two samples; 0 where it was not there before. */
export function cpuPercent(domain: DomainSummary, sample: HostSample, before: HostSample | undefined): number {
  const past = before?.domains.find(({ domid, uuid }) => domid === domain.domid && uuid === domain.uuid);
  if (before === undefined || past === undefined || sample.at <= before.at) return 0;
  return Math.max(0, ((domain.cpuSeconds - past.cpuSeconds) * 100_000) / (sample.at - before.at));
}
