import type { Host } from '../host/open-host.js';
import { filesOf, readIdentity } from './attach.js';
import { removeDeviceModelFiles } from './files.js';
import { endProcess } from './process/end.js';
import { stockDeviceModel } from './process/stock.js';

/**
 * Ends a domain's device model, whichever toolstack started it, and removes its files; also what a domain of an earlier life
 * of the host left.
 */
export async function endDeviceModel(host: Host, domid: number): Promise<void> {
  const files = filesOf(host, domid);
  const identity = (await readIdentity(files)) ?? (await stockDeviceModel(host, domid));
  if (identity !== undefined) await endProcess(identity);
  await removeDeviceModelFiles(files);
}
