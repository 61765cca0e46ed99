import { isHypervisorError } from '@xen-migration/libxc';
import { endDeviceModel } from '../device-model/end.js';
import { LibxlError, textOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { formatUuid } from '../uuid.js';
import { removeNodes } from '../xenstore/skeleton.js';
import { transact } from '../xenstore/store.js';
import { domainInfo } from './list.js';
import { removeAllUserdata } from './userdata.js';

/**
 * Ends a domain at once and removes all that libxl keeps of it. It is not released from xenstore here: xenstored hears of its
 * end from the hypervisor, and tells xenconsoled only then, which holds a page of it until it knows.
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND; ERROR_FAIL with what could not be removed
 */
export async function destroyDomain(host: Host, domid: number): Promise<void> {
  const { uuid } = await domainInfo(host, domid);
  const failures: string[] = [];
  const attempt = async (what: string, action: () => Promise<unknown>) => {
    try {
      await action();
    } catch (e) {
      failures.push(`${what}: ${textOf(e)}`);
    }
  };
  // Paused first: nothing of it may run while it is half gone.
  await attempt('pause', () => host.hypervisor.pause(domid));
  await attempt('end its device model', () => endDeviceModel(host, domid));
  // Before the domain itself, as libxl does: who is killed in between leaves a domain, which can be found and destroyed again.
  await attempt('remove from xenstore', () =>
    transact(host.xenstore, (store) => removeNodes(store, domid, formatUuid(uuid))),
  );
  await attempt('remove its files', () => removeAllUserdata(host, domid));
  let destroyed = true;
  await attempt('destroy', async () => {
    try {
      await host.hypervisor.destroyDomain(domid);
    } catch (e) {
      if (isHypervisorError(e, 'ESRCH')) return;
      destroyed = false;
      throw e;
    }
  });
  if (failures.length === 0) return;
  const what = destroyed ? `domain ${domid} is gone, but` : `domain ${domid} could not be destroyed:`;
  throw new LibxlError('ERROR_FAIL', `${what} ${failures.join('; ')}`, { domid, cleanup: failures });
}
