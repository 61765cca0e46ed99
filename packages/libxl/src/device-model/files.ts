import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LibxlError } from '../errors.js';

/** Files that belong to a domain's device model, named as libxl names them. */
export interface DeviceModelFiles {
  /** Its process (process/identity.ts). */
  readonly process: string;
  readonly log: string;
  /** QMP sockets: the toolstack's, and one for whoever watches. */
  readonly command: string;
  readonly statistics: string;
  /** Where it writes its state to, and where it is read from. */
  readonly save: string;
  readonly restore: string;
}

export function deviceModelFiles(directory: string, domid: number): DeviceModelFiles {
  const file = (name: string) => join(directory, name);
  return {
    process: file(`qemu-dm-${domid}.pid`),
    log: file(`qemu-dm-${domid}.log`),
    command: file(`qmp-libxl-${domid}`),
    statistics: file(`qmp-libxenstat-${domid}`),
    save: file(`qemu-save.${domid}`),
    restore: file(`qemu-resume.${domid}`),
  };
}

export async function removeDeviceModelFiles(files: DeviceModelFiles): Promise<void> {
  for (const path of Object.values<string>({ ...files })) await rm(path, { force: true });
}

/** Bytes of a path in sockaddr_un, without the NUL. */
const SOCKET_PATH_MAX = 107;

/** @throws LibxlError ERROR_INVAL where there can be no socket */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return;
  throw new LibxlError('ERROR_INVAL', `${path} is too long for a socket (${SOCKET_PATH_MAX} bytes)`);
}
