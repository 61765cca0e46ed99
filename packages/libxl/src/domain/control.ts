import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { shutdownPath } from '../xenstore/paths.js';
import { readText, transact } from '../xenstore/store.js';
import { watchUntil } from '../xenstore/wait.js';
import { hvmParam, PARAM } from './hvm-param.js';
import { domainInfo, domainType } from './list.js';

/** What `control/shutdown` can ask a guest for (docs/misc/xenstore-paths.pandoc). */
export type ControlRequest = 'suspend' | 'poweroff' | 'reboot' | 'halt';

export interface RequestOptions {
  /** For the guest's acknowledgement. Default: 60 seconds, as libxl. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export const ACKNOWLEDGE_TIMEOUT_MS = 60_000;

/** Asks a guest to power itself off. @throws LibxlError ERROR_NOPARAVIRT where it has nobody to ask, ERROR_TIMEDOUT */
export function shutdownDomain(host: Host, domid: number, options: RequestOptions = {}): Promise<void> {
  return request(host, domid, 'poweroff', options);
}

/** Asks a guest to reboot. @throws LibxlError ERROR_NOPARAVIRT, ERROR_TIMEDOUT */
export function rebootDomain(host: Host, domid: number, options: RequestOptions = {}): Promise<void> {
  return request(host, domid, 'reboot', options);
}

async function request(host: Host, domid: number, what: ControlRequest, options: RequestOptions): Promise<void> {
  await domainInfo(host, domid);
  if (!(await hasParavirtualControl(host, domid))) {
    throw new LibxlError('ERROR_NOPARAVIRT', `domain ${domid} has no PV drivers that could be asked to ${what}`, {
      domid,
    });
  }
  if (await requestControl(host, domid, what, options)) return;
  throw new LibxlError('ERROR_TIMEDOUT', `domain ${domid} did not acknowledge the request to ${what}`, { domid });
}

/** HVM guests listen to xenstore once their PV drivers have asked for an event callback. */
export async function hasParavirtualControl(host: Host, domid: number): Promise<boolean> {
  if ((await domainType(host, domid)) !== 'hvm') return true;
  return (await hvmParam(host, domid, PARAM.CALLBACK_IRQ)) !== 0n;
}

/**
 * Writes a request to the guest and waits until the guest has taken it out. Where it does not in time the request is
 * taken back, in a transaction: a guest that acknowledges in the last moment has acknowledged.
 *
 * @returns false where it was taken back
 */
export async function requestControl(
  host: Host,
  domid: number,
  what: ControlRequest,
  { timeoutMs = ACKNOWLEDGE_TIMEOUT_MS, signal }: RequestOptions,
): Promise<boolean> {
  const path = shutdownPath(domid);
  await host.xenstore.write(path, what);
  const acknowledged = async () => ((await readText(host.xenstore, path)) === what ? undefined : true);
  try {
    const wait = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    if ((await watchUntil(host.xenstore, path, acknowledged, wait)) === true) return true;
  } catch (e) {
    await withdrawRequest(host, domid, what);
    throw e;
  }
  return !(await withdrawRequest(host, domid, what));
}

/** Takes a request back. @returns false where the guest had acknowledged it before */
export function withdrawRequest(host: Host, domid: number, what: ControlRequest): Promise<boolean> {
  const path = shutdownPath(domid);
  return transact(host.xenstore, async (store) => {
    if ((await readText(store, path)) !== what) return false;
    await store.write(path, '');
    return true;
  });
}
