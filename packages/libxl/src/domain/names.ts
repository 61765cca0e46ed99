import { isHypervisorError } from '@xen-migration/libxc';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { formatUuid } from '../uuid.js';
import { domainPath, namePath } from '../xenstore/paths.js';
import { children, readText, type Store, transact } from '../xenstore/store.js';
import { domainInfo } from './list.js';
import type { DomainKey } from './userdata.js';

/**
 * Gives a domain another name.
 *
 * @param expected the name that it must have now; undefined: whichever
 * @throws LibxlError ERROR_INVAL where it is called otherwise, or the new name is another domain's
 */
export async function renameDomain(host: Host, domid: number, name: string, expected?: string): Promise<void> {
  if (name === '') throw new LibxlError('ERROR_INVAL', 'a domain must have a name', { domid });
  await transact(host.xenstore, async (store) => {
    const [current, vm] = await Promise.all([
      readText(store, namePath(domid)),
      readText(store, `${domainPath(domid)}/vm`),
      domainInfo(host, domid),
    ]);
    if (expected !== undefined && current !== expected) {
      throw new LibxlError('ERROR_INVAL', `domain ${domid} is called '${current ?? ''}', not '${expected}'`, { domid });
    }
    if (current === name) return;
    await requireFreeName(host, store, name, domid);
    await Promise.all(
      [namePath(domid), ...(vm === undefined ? [] : [`${vm}/name`])].map((path) => store.write(path, name)),
    );
  });
}

/**
 * What a domain that is gone has left in xenstore takes no name (its destroyer may be about to remove it).
 *
 * @throws LibxlError ERROR_INVAL where another domain has that name
 */
export async function requireFreeName(host: Host, store: Store, name: string, domid: number): Promise<void> {
  const others = (await children(store, '/local/domain')).map(Number).filter((other) => other !== domid);
  const names = await Promise.all(others.map((other) => readText(store, namePath(other))));
  for (const [i, other] of others.entries()) {
    if (names[i] !== name || !(await exists(host, other))) continue;
    throw new LibxlError('ERROR_INVAL', `Domain with name "${name}" already exists.`, { domid: other });
  }
}

async function exists(host: Host, domid: number): Promise<boolean> {
  try {
    await host.hypervisor.domainInfo(domid);
    return true;
  } catch (e) {
    if (isHypervisorError(e, 'ESRCH')) return false;
    throw e;
  }
}

/** @throws LibxlError ERROR_DOMAIN_NOTFOUND */
export async function keyOfDomain(host: Host, domid: number): Promise<DomainKey> {
  const { uuid } = await domainInfo(host, domid);
  return { domid, uuid: formatUuid(uuid) };
}
