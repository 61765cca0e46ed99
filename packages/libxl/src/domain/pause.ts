import { isHypervisorError } from '@xen-migration/libxc';
import { withDeviceModel } from '../device-model/attach.js';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { domainInfo } from './list.js';

/** Stops all vcpus of a domain; pausing twice needs unpausing twice. @throws LibxlError ERROR_DOMAIN_NOTFOUND */
export async function pauseDomain(host: Host, domid: number): Promise<void> {
  await domainInfo(host, domid);
  await host.hypervisor.pause(domid);
}

/**
 * Lets a domain run, and its device model before it.
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND, ERROR_INVAL where it is not paused; what its device model did not do
 */
export async function unpauseDomain(host: Host, domid: number): Promise<void> {
  await domainInfo(host, domid);
  await withDeviceModel(host, domid, (deviceModel) => deviceModel.resume());
  try {
    await host.hypervisor.unpause(domid);
  } catch (e) {
    if (!isHypervisorError(e, 'EINVAL')) throw e;
    throw new LibxlError('ERROR_INVAL', `domain ${domid} is not paused`, { domid, cause: e });
  }
}
