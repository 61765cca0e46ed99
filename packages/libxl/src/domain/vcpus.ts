import type { VcpuInfo } from '@xen-migration/libxc';
import type { Host } from '../host/open-host.js';
import { domainInfo } from './list.js';

export interface VcpuSummary extends VcpuInfo {
  readonly vcpu: number;
}

/** All vcpus of a domain, offline ones too. @throws LibxlError ERROR_DOMAIN_NOTFOUND */
export async function vcpusOfDomain(host: Host, domid: number): Promise<VcpuSummary[]> {
  const { maxVcpuId } = await domainInfo(host, domid);
  const vcpus: VcpuSummary[] = [];
  for (let vcpu = 0; vcpu <= maxVcpuId; vcpu++) {
    vcpus.push({ vcpu, ...(await host.hypervisor.vcpuInfo(domid, vcpu)) });
  }
  return vcpus;
}
