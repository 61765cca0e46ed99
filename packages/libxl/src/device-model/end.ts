import type { Host } from '../host/open-host.js';
import { filesOf, readIdentity } from './attach.js';
import { removeDeviceModelFiles } from './files.js';
import { endProcess } from './process/end.js';

/** Ends a domain's device model, and removes its files; also what a domain of an earlier life of the host left. */
export async function endDeviceModel(host: Host, domid: number): Promise<void> {
  const files = filesOf(host, domid);
  const identity = await readIdentity(files);
  if (identity !== undefined) await endProcess(identity);
  await removeDeviceModelFiles(files);
}
