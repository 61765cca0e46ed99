import { LibxlError } from '../errors.js';
import type { StartReceived } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import { formatUuid } from '../uuid.js';
import { domainInfoIfThere } from './list.js';
import { renameDomain } from './names.js';
import { unpauseDomain } from './pause.js';

/** Gives a received domain its name and starts it; whatever of that was done already stays. */
export async function startReceived(host: Host, { domid, uuid, name, paused }: StartReceived): Promise<void> {
  const info = await domainInfoIfThere(host, domid);
  if (info === undefined || formatUuid(info.uuid) !== uuid) {
    throw new LibxlError('ERROR_DOMAIN_NOTFOUND', `domain ${domid} is gone`, { domid });
  }
  await renameDomain(host, domid, name);
  if (!paused && info.paused) await unpauseDomain(host, domid);
}
