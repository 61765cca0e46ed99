import { type CpuDifference, compareCpuPolicies, missingFeatures } from '@xen-migration/libxc';
import type { LibxlDomainConfig } from '../config/index.js';
import { domainSummary, domainType } from '../domain/list.js';
import type { DomainType } from '../domain/parameters.js';
import { isLibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { type HostDescription, identityOf } from '../migrate/host-description.js';
import { type DirtyRate, measureDirtyRate } from './dirty-rate.js';
import { diskFindings } from './disks.js';
import { type Estimate, estimateMigration } from './estimate.js';
import type { Finding } from './findings.js';
import { withCapabilities } from './hardware-capabilities.js';
import type { LinkSpeed } from './link-speed.js';

/** What is known of the other end. */
export type CheckTarget =
  | { readonly toolstack: 'ours'; readonly description: HostDescription }
  /** Of a stock xl: what its `xl info` says. */
  | {
      readonly toolstack: 'other';
      readonly freeMemoryKib: number | undefined;
      /** Words of its hw_caps: what its processors have, which is not all that a guest's policy holds. */
      readonly hardwareCapabilities: readonly number[] | undefined;
      readonly xen: { readonly major: number; readonly minor: number; readonly capabilities: string } | undefined;
    };

export interface CheckOptions {
  readonly host: Host;
  readonly domid: number;
  readonly config: LibxlDomainConfig;
  readonly target: CheckTarget;
  /** Measured, or as it will be limited; undefined: no estimate is made. */
  readonly link?: LinkSpeed;
  /** As it will be asked for. */
  readonly downtimeMs?: number;
  /** How long the domain's writes are watched; default: one second; 0: not at all. */
  readonly measureMs?: number;
  readonly signal?: AbortSignal;
}

export interface MigrationCheck {
  readonly findings: readonly Finding[];
  /** All differences of the CPU that the domain has from what the target offers; undefined where that is not known. */
  readonly cpuDifferences: readonly CpuDifference[] | undefined;
  readonly memoryKib: number;
  readonly dirty: DirtyRate | undefined;
  readonly estimate: Estimate | undefined;
  /** No finding is a problem. */
  readonly possible: boolean;
}

/** For shadow tables and what else Xen needs beside a domain's memory (libxl: 1 MiB a vcpu, and 1/128). */
const overheadKib = (memoryKib: number, vcpus: number) => 1024 * vcpus + Math.ceil(memoryKib / 128);
const KIB_PER_PAGE = 4;

/**
 * Whether a domain can be migrated to a target, and what that would take. Nothing is changed; for a second the domain's
 * writes are tracked.
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND
 */
export async function checkMigration(options: CheckOptions): Promise<MigrationCheck> {
  const { host, domid, config, target } = options;
  const summary = await domainSummary(host, domid);
  const type = await domainType(host, domid);
  const there = target.toolstack === 'ours' ? target.description : undefined;
  const own = identityOf(host);
  const memoryKib = summary.memoryKib + overheadKib(summary.memoryKib, summary.maxVcpus);
  const cpuDifferences = await cpuOf(host, domid, type, target);
  const findings: Finding[] = [
    ...stateFindings(summary),
    ...deviceFindings(config),
    ...(await diskFindings(config, there?.files, there?.bootId === own.bootId)),
    ...memoryFindings(memoryKib, target),
    ...cpuFindings(cpuDifferences, target),
    ...(await versionFindings(host, type, target)),
    ...nameFindings(summary.name, there, there?.hostId === own.hostId),
  ];
  const dirty = await dirtyRate(options, findings);
  const estimate = estimateOf(options, summary.memoryKib / KIB_PER_PAGE, dirty, findings);
  return {
    findings,
    cpuDifferences,
    memoryKib,
    dirty,
    estimate,
    possible: findings.every(({ severity }) => severity !== 'problem'),
  };
}

type State = Awaited<ReturnType<typeof domainSummary>>;

function stateFindings({ dying, shutdown, shutdownReason, paused }: State): Finding[] {
  if (dying) return [problem('state', 'the domain is being destroyed')];
  if (shutdown) return [problem('state', `the domain is shut down (${shutdownReason})`)];
  return paused ? [problem('state', 'the domain is paused: it could not suspend itself')] : [];
}

/** A device of the machine itself does not move with a domain. */
function deviceFindings(config: LibxlDomainConfig): Finding[] {
  const counts = [
    ['PCI device', config.pcidevs],
    ['USB device', config.usbdevs],
    ['device-tree device', config.dtdevs],
  ] as const;
  return counts.flatMap(([what, devices]) => {
    const count = devices?.length ?? 0;
    if (count === 0) return [];
    return [
      problem('device', `${count} ${what}${count > 1 ? 's are' : ' is'} passed through: detach before a migration`),
    ];
  });
}

function memoryFindings(needed: number, target: CheckTarget): Finding[] {
  const free = target.toolstack === 'ours' ? target.description.freeMemoryKib : target.freeMemoryKib;
  if (free === undefined) return [warning('memory', "the target's free memory is not known")];
  if (free >= needed) return [];
  return [problem('memory', `the target has ${mib(free)} MiB free, the domain needs ${mib(needed)} MiB`)];
}

async function cpuOf(
  host: Host,
  domid: number,
  type: DomainType,
  target: CheckTarget,
): Promise<CpuDifference[] | undefined> {
  const policy = await host.hypervisor.cpuPolicy(domid);
  if (target.toolstack === 'ours') {
    return compareCpuPolicies(policy, target.description.cpuPolicies[type === 'pv' ? 'pv' : 'hvm']);
  }
  const { hardwareCapabilities } = target;
  if (hardwareCapabilities === undefined) return undefined;
  return compareCpuPolicies(policy, withCapabilities(policy, hardwareCapabilities));
}

function cpuFindings(differences: readonly CpuDifference[] | undefined, target: CheckTarget): Finding[] {
  if (differences === undefined) return [warning('cpu', "the target's CPU can't be compared: it does not tell of it")];
  const missing = missingFeatures(differences).map((text) =>
    problem('cpu', `the target's CPU lacks what the domain has: ${text}`),
  );
  if (target.toolstack === 'ours') return missing;
  const rest =
    'a stock xl tells the basic features of its CPU only (hw_caps): what else the domain has is not compared';
  return [...missing, warning('cpu', rest)];
}

async function versionFindings(host: Host, type: DomainType, target: CheckTarget): Promise<Finding[]> {
  const xen = target.toolstack === 'ours' ? target.description.xen : target.xen;
  if (xen === undefined) return [warning('version', "the target's version of Xen is not known")];
  const findings: Finding[] = [];
  const here = await host.hypervisor.info();
  if (xen.major < here.major || (xen.major === here.major && xen.minor < here.minor)) {
    const text = `the target has Xen ${xen.major}.${xen.minor}, older than ${here.major}.${here.minor} here: Xen supports migrations to newer ones only`;
    findings.push(warning('version', text));
  }
  const wanted = type === 'pv' ? 'xen-3.0' : 'hvm-3.0';
  if (!xen.capabilities.includes(wanted)) findings.push(problem('type', `the target can't run ${type} domains`));
  return findings;
}

function nameFindings(name: string | undefined, there: HostDescription | undefined, sameHost: boolean): Finding[] {
  if (name === undefined || there === undefined || sameHost || !there.names.includes(name)) return [];
  return [problem('name', `the target has a domain called ${name} already`)];
}

async function dirtyRate(options: CheckOptions, findings: Finding[]): Promise<DirtyRate | undefined> {
  const { host, domid, measureMs, signal } = options;
  if (measureMs === 0 || findings.some(({ about }) => about === 'state' || about === 'device')) return undefined;
  try {
    return await measureDirtyRate({
      host,
      domid,
      ...(measureMs === undefined ? {} : { overMs: measureMs }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (e) {
    if (!isLibxlError(e) || signal?.aborted) throw e;
    findings.push(warning('measurement', `how fast the domain writes is not known: ${e.message}`));
    return undefined;
  }
}

function estimateOf(
  { link, downtimeMs }: CheckOptions,
  pages: number,
  dirty: DirtyRate | undefined,
  findings: Finding[],
): Estimate | undefined {
  if (link === undefined || dirty === undefined) return undefined;
  const estimate = estimateMigration({
    pages,
    dirtyPerSecond: (dirty.pages * 1000) / dirty.overMs,
    ...link,
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
  });
  if (!estimate.converges) {
    const text =
      'the domain writes about as fast as the link carries: a long downtime, unless it is slowed down (--auto-converge)';
    findings.push(warning('measurement', text));
  }
  return estimate;
}

const problem = (about: Finding['about'], text: string): Finding => ({ severity: 'problem', about, text });
const warning = (about: Finding['about'], text: string): Finding => ({ severity: 'warning', about, text });
const mib = (kib: number) => Math.ceil(kib / 1024);
