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

/** `state`: the directory for what is kept; `run`: for sockets, and what else does not outlive the machine. */
export function deviceModelFiles(
  { state, run }: { readonly state: string; readonly run: string },
  domid: number,
): DeviceModelFiles {
  return {
    process: join(run, `qemu-dm-${domid}.pid`),
    log: join(state, `qemu-dm-${domid}.log`),
    command: join(run, `qmp-libxl-${domid}`),
    statistics: join(run, `qmp-libxenstat-${domid}`),
    save: join(state, `qemu-save.${domid}`),
    restore: join(state, `qemu-resume.${domid}`),
  };
}

export async function removeDeviceModelFiles(files: DeviceModelFiles): Promise<void> {
  for (const path of Object.values<string>({ ...files })) await rm(path, { force: true });
}

/** Removes what is no longer needed; where that fails, the domain's end removes it. */
export async function discard(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}

/** Bytes of a path in sockaddr_un, without the NUL. */
const SOCKET_PATH_MAX = 107;

/** @throws LibxlError ERROR_INVAL where there can be no socket */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) <= SOCKET_PATH_MAX) return;
  throw new LibxlError('ERROR_INVAL', `${path} is too long for a socket (${SOCKET_PATH_MAX} bytes)`);
}
