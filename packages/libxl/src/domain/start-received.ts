import { LibxlError } from '../errors.js';
import type { StartReceived } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import { domainInfoIfThere, isDomainThere, nameOfDomain } from './list.js';
import { renameDomain } from './names.js';
import { unpauseDomain } from './pause.js';

/** Gives a received domain its name and starts it; whatever of that was done already stays. */
export async function startReceived(host: Host, { domid, uuid, name, paused }: StartReceived): Promise<void> {
  if (!(await isDomainThere(host, domid, uuid))) {
    throw new LibxlError('ERROR_DOMAIN_NOTFOUND', `domain ${domid} is gone`, { domid });
  }
  if ((await nameOfDomain(host, domid)) !== name) await renameDomain(host, domid, name);
  if (!paused && (await domainInfoIfThere(host, domid))?.paused) await unpauseDomain(host, domid);
}
