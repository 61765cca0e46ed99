import { isHypervisorError } from '@xen-migration/libxc';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { domainInfo } from './list.js';

/** Stops all vcpus of a domain; pausing twice needs unpausing twice. @throws LibxlError ERROR_DOMAIN_NOTFOUND */
export async function pauseDomain(host: Host, domid: number): Promise<void> {
  await domainInfo(host, domid);
  await host.hypervisor.pause(domid);
}

/** @throws LibxlError ERROR_DOMAIN_NOTFOUND, ERROR_INVAL where it is not paused */
export async function unpauseDomain(host: Host, domid: number): Promise<void> {
  await domainInfo(host, domid);
  try {
    await host.hypervisor.unpause(domid);
  } catch (e) {
    if (!isHypervisorError(e, 'EINVAL')) throw e;
    throw new LibxlError('ERROR_INVAL', `domain ${domid} is not paused`, { domid, cause: e });
  }
}
