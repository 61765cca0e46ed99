import { SHUTDOWN } from '@xen-migration/libxc';
import type { LibxlDomainConfig } from '../config/index.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import { createDomain } from '../domain/create.js';
import { waitForDeath } from '../domain/death.js';
import { destroyDomain } from '../domain/destroy.js';
import { isDomainThere, type ShutdownName } from '../domain/list.js';
import { renameDomain } from '../domain/names.js';
import { unpauseDomain } from '../domain/pause.js';
import type { DomainKey } from '../domain/userdata.js';
import type { Host } from '../host/open-host.js';
import { newUuid } from '../uuid.js';
import { RELEASE_DOMAIN } from '../xenstore/paths.js';
import { watchUntil } from '../xenstore/wait.js';

export interface MonitorOptions {
  readonly host: Host;
  readonly domain: DomainKey;
  readonly signal?: AbortSignal;
  readonly log: (text: string) => void;
}

type ShutdownAction = NonNullable<LibxlDomainConfig['on_poweroff']>;

/** While a domain is suspended, for a save or a migration: how often it is looked at without being told. */
const SUSPENDED_CHECK_MS = 60_000;

/**
 * Waits for a domain to shut down and does what its configuration says about that (on_poweroff, on_reboot, on_crash,
 * on_watchdog): what stays behind `xl create` in the background. Returns when there is nothing left to wait for.
 */
export async function monitorDomain({ host, domain, signal, log }: MonitorOptions): Promise<void> {
  let watched = domain;
  const aborting = signal === undefined ? {} : { signal };
  for (;;) {
    const death = await waitForDeath(host, watched.domid, aborting);
    if (death === 'gone' || !(await isDomainThere(host, watched.domid, watched.uuid))) {
      log(`Domain ${watched.domid} has been destroyed.`);
      return;
    }
    if (death === 'suspend') {
      await untilNoLongerSuspended(host, watched, aborting);
      continue;
    }
    const next = await actOn(host, watched, death, log);
    if (next === undefined) return;
    watched = next;
  }
}

/** Whoever suspended it resumes or destroys it. */
async function untilNoLongerSuspended(host: Host, { domid, uuid }: DomainKey, aborting: { signal?: AbortSignal }) {
  const check = async () => {
    if (!(await isDomainThere(host, domid, uuid))) return true;
    const { shutdown, shutdownReason } = await host.hypervisor.domainInfo(domid).catch(() => ({
      shutdown: false,
      shutdownReason: undefined,
    }));
    return shutdown && shutdownReason === SHUTDOWN.suspend ? undefined : true;
  };
  while (
    (await watchUntil(host.xenstore, RELEASE_DOMAIN, check, { timeoutMs: SUSPENDED_CHECK_MS, ...aborting })) !== true
  );
}

/** @returns the domain to watch from now on */
async function actOn(
  host: Host,
  domain: DomainKey,
  death: Exclude<ShutdownName, 'suspend'>,
  log: (text: string) => void,
): Promise<DomainKey | undefined> {
  const config = await retrieveConfiguration(host, domain.domid);
  const action = actionFor(config, death);
  log(`Domain ${domain.domid} has shut down (${death}); action: ${action}`);
  switch (action) {
    case 'preserve':
      return undefined;
    case 'restart':
    case 'coredump_restart':
      await destroyDomain(host, domain.domid);
      return start(host, config, log);
    case 'restart_rename': {
      // The old one is kept to be looked at; the new one takes its name, and gets a uuid of its own.
      const name = config.c_info?.name ?? '';
      await renameDomain(host, domain.domid, `${name}-${domain.domid}`);
      return start(host, { ...config, c_info: { ...config.c_info, uuid: newUuid() } }, log);
    }
    default:
      await destroyDomain(host, domain.domid);
      return undefined;
  }
}

/** Absent is libxl's default, 'destroy'. */
function actionFor(config: LibxlDomainConfig, death: Exclude<ShutdownName, 'suspend'>): ShutdownAction {
  const actions = {
    poweroff: config.on_poweroff,
    reboot: config.on_reboot,
    crash: config.on_crash,
    watchdog: config.on_watchdog,
    softReset: config.on_soft_reset,
  };
  return actions[death] ?? 'destroy';
}

async function start(host: Host, config: LibxlDomainConfig, log: (text: string) => void): Promise<DomainKey> {
  const uuid = config.c_info?.uuid ?? newUuid();
  const domid = await createDomain({ host, guarded: true, config: { ...config, c_info: { ...config.c_info, uuid } } });
  await unpauseDomain(host, domid);
  log(`Domain ${domid} started anew`);
  return { domid, uuid };
}
