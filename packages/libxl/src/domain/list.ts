import { type DomainInfo, isHypervisorError, SHUTDOWN } from '@xen-migration/libxc';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { formatUuid } from '../uuid.js';
import { domainPath, libxlPath, namePath } from '../xenstore/paths.js';
import { readText } from '../xenstore/store.js';
import type { DomainType } from './parameters.js';

export type ShutdownName = keyof typeof SHUTDOWN;

/** A domain as a person sees it. */
export interface DomainSummary {
  readonly domid: number;
  readonly uuid: string;
  /** Undefined while it is being made, and for domains that another toolstack left without a name. */
  readonly name: string | undefined;
  readonly memoryKib: number;
  readonly maxMemoryKib: number;
  readonly onlineVcpus: number;
  readonly maxVcpus: number;
  readonly running: boolean;
  readonly blocked: boolean;
  readonly paused: boolean;
  readonly shutdown: boolean;
  /** Only where `shutdown`. */
  readonly shutdownReason: ShutdownName | undefined;
  readonly dying: boolean;
  readonly cpuSeconds: number;
  /** Why the host holds the domain without executing it (DomainInfo.heldBecause). */
  readonly heldBecause: string | undefined;
}

const BATCH = 1024;

/** All domains, ascending by domid. */
export async function listDomains(host: Host): Promise<DomainSummary[]> {
  const found: DomainSummary[] = [];
  for (let first = 0; ; ) {
    const batch = await host.hypervisor.listDomains(first, BATCH);
    for (const info of batch) found.push(await summaryOf(host, info));
    const last = batch.at(-1);
    if (last === undefined || batch.length < BATCH) return found;
    first = last.domid + 1;
  }
}

/** @throws LibxlError ERROR_DOMAIN_NOTFOUND */
export async function domainSummary(host: Host, domid: number): Promise<DomainSummary> {
  return summaryOf(host, await domainInfo(host, domid));
}

/** @throws LibxlError ERROR_DOMAIN_NOTFOUND */
export async function domainInfo(host: Host, domid: number): Promise<DomainInfo> {
  try {
    return await host.hypervisor.domainInfo(domid);
  } catch (e) {
    if (!isHypervisorError(e, 'ESRCH')) throw e;
    throw new LibxlError('ERROR_DOMAIN_NOTFOUND', `there is no domain ${domid}`, { domid, cause: e });
  }
}

/** Undefined where the domain is gone. */
export async function domainInfoIfThere(host: Host, domid: number): Promise<DomainInfo | undefined> {
  try {
    return await host.hypervisor.domainInfo(domid);
  } catch (e) {
    if (isHypervisorError(e, 'ESRCH')) return undefined;
    throw e;
  }
}

/** Whether the domid is still that domain's, and not another one's that came after it. */
export async function isDomainThere(host: Host, domid: number, uuid: string): Promise<boolean> {
  const info = await domainInfoIfThere(host, domid);
  return info !== undefined && formatUuid(info.uuid) === uuid;
}

/** Undefined where there is no such domain, or it has no name. */
export function nameOfDomain(host: Host, domid: number): Promise<string | undefined> {
  return readText(host.xenstore, namePath(domid));
}

/** Undefined where no domain has that name. */
export async function domidOfName(host: Host, name: string): Promise<number | undefined> {
  const domains = await host.hypervisor.listDomains(0, BATCH);
  for (const { domid } of domains) if ((await nameOfDomain(host, domid)) === name) return domid;
  return undefined;
}

/**
 * The domain that a person means: a number is a domid (whether or not there is such a domain), anything else a name.
 *
 * @throws LibxlError ERROR_INVAL where no domain has that name
 */
export async function findDomain(host: Host, qualifier: string): Promise<number> {
  if (/^\d+$/.test(qualifier)) return Number(qualifier);
  const domid = await domidOfName(host, qualifier);
  if (domid !== undefined) return domid;
  throw new LibxlError('ERROR_INVAL', `${qualifier} is an invalid domain identifier`);
}

/** @throws LibxlError ERROR_FAIL where the domain's type is not known */
export async function domainType(host: Host, domid: number): Promise<DomainType> {
  const type = await readText(host.xenstore, `${libxlPath(domid)}/type`);
  if (type === 'pv' || type === 'hvm' || type === 'pvh') return type;
  throw new LibxlError('ERROR_FAIL', `domain ${domid} was not made by libxl: its type is not known`, { domid });
}

/** Seconds since 1970 when the domain was made; undefined where nobody wrote it down. */
export async function startTime(host: Host, domid: number): Promise<number | undefined> {
  const vm = await readText(host.xenstore, `${domainPath(domid)}/vm`);
  const text = vm === undefined ? undefined : await readText(host.xenstore, `${vm}/start_time`);
  return text === undefined ? undefined : Number.parseFloat(text);
}

async function summaryOf(host: Host, info: DomainInfo): Promise<DomainSummary> {
  return {
    domid: info.domid,
    uuid: formatUuid(info.uuid),
    name: await nameOfDomain(host, info.domid),
    memoryKib: info.totalPages * 4,
    maxMemoryKib: info.maxPages * 4,
    onlineVcpus: info.onlineVcpus,
    maxVcpus: info.maxVcpuId + 1,
    running: info.running,
    blocked: info.blocked,
    paused: info.paused,
    shutdown: info.shutdown,
    shutdownReason: nameOfShutdown(info),
    dying: info.dying,
    cpuSeconds: Number(info.cpuTime) / 1e9,
    heldBecause: info.heldBecause,
  };
}

function nameOfShutdown({ shutdown, shutdownReason }: DomainInfo): ShutdownName | undefined {
  if (!shutdown) return undefined;
  const names = Object.keys(SHUTDOWN) as ShutdownName[];
  return names.find((name) => SHUTDOWN[name] === shutdownReason);
}
