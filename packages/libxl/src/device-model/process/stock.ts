import { readFileSync } from 'node:fs';
import type { Host } from '../../host/open-host.js';
import { deviceModelPidPath } from '../../xenstore/paths.js';
import { readText } from '../../xenstore/store.js';
import { decodeIdentity, identityOf, type ProcessIdentity } from './identity.js';

/** Before the domain id on the command line of a device model: of QEMU, of qemu-traditional (libxl_dm.c). */
const DOMID_OPTIONS = ['-xen-domid', '-d'];

/**
 * The device model that stock libxl started for a domain. Stock keeps its number alone, in xenstore; such numbers are given
 * away again, so the process must itself be for that domain. undefined where there is none.
 */
export async function stockDeviceModel(host: Host, domid: number): Promise<ProcessIdentity | undefined> {
  const named = decodeIdentity((await readText(host.xenstore, deviceModelPidPath(domid))) ?? '');
  return named !== undefined && isFor(named.pid, domid) ? identityOf(named.pid) : undefined;
}

function isFor(pid: number, domid: number): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
    return words.some((word, i) => word === String(domid) && DOMID_OPTIONS.includes(words[i - 1] ?? ''));
  } catch {
    return false;
  }
}
