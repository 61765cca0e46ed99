import { SHUTDOWN } from '@xen-migration/libxc';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { RELEASE_DOMAIN, suspendPortPath } from '../xenstore/paths.js';
import { readText } from '../xenstore/store.js';
import { watchUntil } from '../xenstore/wait.js';
import { ACKNOWLEDGE_TIMEOUT_MS, requestControl } from './control.js';
import { hvmParam, PARAM } from './hvm-param.js';
import { domainInfoIfThere, domainType } from './list.js';

export interface SuspendOptions {
  readonly host: Host;
  readonly domid: number;
  /** For the guest's acknowledgement, and again for its suspend. Default: 60 seconds each, as libxl. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Awaited before the guest is asked, when all that can be done before is done: it runs until then. */
  readonly beforeAsking?: () => Promise<void>;
  /** Which way the guest was asked. */
  readonly onAsked?: (by: SuspendRequest) => void;
}

/** Through its event channel, through xenstore, or not at all: a guest without PV drivers is stopped as it is. */
export type SuspendRequest = 'event-channel' | 'xenstore' | 'remote';

/**
 * Has a guest suspend itself, and returns when it is down for suspend (libxl_dom_suspend.c; docs/features/migration):
 *
 *     asked by      event channel, where the guest offers one and is not in ACPI sleep
 *                   remote shutdown, for an HVM guest without PV drivers or in ACPI sleep
 *                   control/shutdown in xenstore otherwise: the guest acknowledges by taking the word out
 *     then          the hypervisor says that it is shut down for suspend
 *
 * @throws LibxlError ERROR_GUEST_TIMEDOUT where the guest does not react: it runs on, unasked; ERROR_FAIL where it went
 *   down for another reason, ERROR_DOMAIN_DESTROYED, ERROR_ABORTED
 */
export async function suspendDomain(options: SuspendOptions): Promise<void> {
  const { host, domid, timeoutMs = ACKNOWLEDGE_TIMEOUT_MS, signal } = options;
  const by = await wayToAsk(host, domid);
  if (by.way === 'event-channel') return notifyAndWait(options, by.port);
  await options.beforeAsking?.();
  options.onAsked?.(by.way);
  if (by.way === 'remote') {
    await host.hypervisor.shutdownDomain(domid, SHUTDOWN.suspend);
  } else {
    const asked = { timeoutMs, ...(signal === undefined ? {} : { signal }) };
    if (!(await requestControl(host, domid, 'suspend', asked))) {
      throw new LibxlError(
        'ERROR_GUEST_TIMEDOUT',
        `guest didn't acknowledge suspend within ${timeoutMs / 1000} s, the request was taken back`,
        { domid },
      );
    }
  }
  await waitUntilSuspended(options);
}

/** Whether a guest that was asked to suspend may do so later: one that is stopped as it is either is or was not asked. */
export async function suspendsLater(host: Host, domid: number): Promise<boolean> {
  return (await wayToAsk(host, domid)).way !== 'remote';
}

type Way =
  | { readonly way: 'event-channel'; readonly port: number }
  | { readonly way: Exclude<SuspendRequest, 'event-channel'> };

async function wayToAsk(host: Host, domid: number): Promise<Way> {
  const type = await domainType(host, domid);
  const asleep = type !== 'pv' && (await hvmParam(host, domid, PARAM.ACPI_S_STATE)) !== 0n;
  const port = Number.parseInt((await readText(host.xenstore, suspendPortPath(domid))) ?? '', 10);
  if (!asleep && port > 0) return { way: 'event-channel', port };
  if (type === 'hvm' && (asleep || (await hvmParam(host, domid, PARAM.CALLBACK_IRQ)) === 0n)) return { way: 'remote' };
  return { way: 'xenstore' };
}

/** There is no way to take an event back: whoever gives up here must see to it that a late guest is resumed. */
async function notifyAndWait(options: SuspendOptions, port: number): Promise<void> {
  const { host, domid } = options;
  const events = await host.hypervisor.openEventChannels();
  try {
    const bound = await events.bindInterdomain(domid, port);
    await waitUntilSuspended(options, async () => {
      await options.beforeAsking?.();
      options.onAsked?.('event-channel');
      await events.notify(bound);
    });
  } finally {
    await events.close();
  }
}

async function waitUntilSuspended(
  { host, domid, timeoutMs = ACKNOWLEDGE_TIMEOUT_MS, signal }: SuspendOptions,
  begin?: () => Promise<void>,
): Promise<void> {
  const check = async (): Promise<'suspended' | LibxlError | undefined> => {
    const info = await domainInfoIfThere(host, domid);
    if (info === undefined || info.dying) {
      return new LibxlError('ERROR_DOMAIN_DESTROYED', 'the guest was destroyed while it was being suspended', {
        domid,
      });
    }
    if (!info.shutdown) return undefined;
    if (info.shutdownReason === SHUTDOWN.suspend) return 'suspended';
    const text = `the guest went down for another reason (code ${info.shutdownReason}) while it was being suspended`;
    return new LibxlError('ERROR_FAIL', text, { domid });
  };
  const wait = {
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
    ...(begin === undefined ? {} : { begin }),
  };
  const outcome = await watchUntil(host.xenstore, RELEASE_DOMAIN, check, wait);
  if (outcome === 'suspended') return;
  throw (
    outcome ?? new LibxlError('ERROR_GUEST_TIMEDOUT', `guest did not suspend within ${timeoutMs / 1000} s`, { domid })
  );
}
