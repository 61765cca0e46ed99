import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import type { CpuPolicy } from '@xen-migration/libxc';
import { type FileFacts, fileFacts } from '../check/files.js';
import { nameOfDomain } from '../domain/list.js';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { MAX_STREAMS } from '../link/plan.js';

/** What a host says of itself to whoever wants to migrate a domain to it. */
export interface HostDescription {
  /** Which toolstack answers, and its version. */
  readonly toolstack: string;
  readonly version: string;
  readonly hostname: string;
  /** What its receiver can do beyond stock's. */
  readonly link: { readonly encodings: readonly string[]; readonly maxStreams: number };
  readonly xen: {
    readonly major: number;
    readonly minor: number;
    readonly extra: string;
    readonly capabilities: string;
  };
  readonly cpus: number;
  readonly totalMemoryKib: number;
  readonly freeMemoryKib: number;
  /** The same for two hosts that are one. */
  readonly hostId: string;
  /** The same for two hosts on one machine, until it boots anew. */
  readonly bootId: string;
  /** What was asked about. */
  readonly files: readonly FileFacts[];
  /** Names that are taken. */
  readonly names: readonly string[];
  /** What it could give a guest of each kind at most. */
  readonly cpuPolicies: Readonly<Record<'pv' | 'hvm', CpuPolicy>>;
}

export const TOOLSTACK = 'xen-migration';
/** A description is some 20 KiB. */
export const DESCRIPTION_MAX = 1024 * 1024;
const KIB_PER_PAGE = 4;
const MAX_DOMAINS = 1024;
const MAX_PATHS = 256;

/** Neither tells anything but whether it is the same. */
export function identityOf({ stateDirectory }: Host): { hostId: string; bootId: string } {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const hostId = createHash('sha256').update(`${bootId} ${stateDirectory}`).digest('hex').slice(0, 32);
  return { hostId, bootId };
}

/** @param paths files that the asker wants to know about */
export async function describeHost(host: Host, paths: readonly string[] = []): Promise<HostDescription> {
  const { hypervisor } = host;
  const info = await hypervisor.info();
  const domains = await hypervisor.listDomains(0, MAX_DOMAINS);
  const names = await Promise.all(domains.map(({ domid }) => nameOfDomain(host, domid)));
  const { version } = createRequire(import.meta.url)('@xen-migration/libxl/package.json') as { version: string };
  return {
    toolstack: TOOLSTACK,
    version,
    hostname: hostname(),
    link: { encodings: ['zstd'], maxStreams: MAX_STREAMS },
    xen: { major: info.major, minor: info.minor, extra: info.extra, capabilities: info.capabilities },
    cpus: info.nrCpus,
    totalMemoryKib: info.totalPages * KIB_PER_PAGE,
    freeMemoryKib: info.freePages * KIB_PER_PAGE,
    ...identityOf(host),
    files: await Promise.all(paths.slice(0, MAX_PATHS).map(fileFacts)),
    names: names.filter((name) => name !== undefined),
    cpuPolicies: { pv: await hypervisor.hostCpuPolicy('pv'), hvm: await hypervisor.hostCpuPolicy('hvm') },
  };
}

/** As one line of JSON; the policies' bytes in base64. */
export function formatHostDescription(description: HostDescription): string {
  const { pv, hvm } = description.cpuPolicies;
  return JSON.stringify({ ...description, cpuPolicies: { pv: encodePolicy(pv), hvm: encodePolicy(hvm) } });
}

/**
 * Reads what another host said of itself; it is believed in nothing but its form.
 *
 * @throws LibxlError ERROR_INVAL where it is no description of a host by this toolstack
 */
export function parseHostDescription(text: string): HostDescription {
  const from = text.length > DESCRIPTION_MAX ? undefined : parsed(text);
  if (!isObject(from) || from.toolstack !== TOOLSTACK) throw invalid();
  const { link, xen, cpuPolicies } = from;
  if (!isObject(link) || !isObject(xen) || !isObject(cpuPolicies)) throw invalid();
  return {
    toolstack: TOOLSTACK,
    version: string(from.version),
    hostname: string(from.hostname),
    link: { encodings: strings(link.encodings), maxStreams: number(link.maxStreams) },
    xen: {
      major: number(xen.major),
      minor: number(xen.minor),
      extra: string(xen.extra),
      capabilities: string(xen.capabilities),
    },
    cpus: number(from.cpus),
    totalMemoryKib: number(from.totalMemoryKib),
    freeMemoryKib: number(from.freeMemoryKib),
    hostId: string(from.hostId),
    bootId: string(from.bootId),
    files: array(from.files).map(fileOf),
    names: strings(from.names),
    cpuPolicies: { pv: decodePolicy(cpuPolicies.pv), hvm: decodePolicy(cpuPolicies.hvm) },
  };
}

const LEAF_BYTES = 24;
const MSR_BYTES = 16;

function encodePolicy({ leaves, msrs }: CpuPolicy) {
  return { leaves: Buffer.from(leaves).toString('base64'), msrs: Buffer.from(msrs).toString('base64') };
}

function decodePolicy(from: unknown): CpuPolicy {
  if (!isObject(from)) throw invalid();
  const leaves = Uint8Array.from(Buffer.from(string(from.leaves), 'base64'));
  const msrs = Uint8Array.from(Buffer.from(string(from.msrs), 'base64'));
  if (leaves.length % LEAF_BYTES !== 0 || msrs.length % MSR_BYTES !== 0) throw invalid();
  return { leaves, msrs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw invalid();
  return value;
}

function strings(value: unknown): string[] {
  return array(value).map(string);
}

function array(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw invalid();
  return value;
}

function fileOf(from: unknown): FileFacts {
  if (!isObject(from)) throw invalid();
  const path = string(from.path);
  if (from.found === undefined) return { path, found: undefined };
  if (!isObject(from.found)) throw invalid();
  const { kind, size, inode, fileSystem } = from.found;
  if (kind !== 'file' && kind !== 'block' && kind !== 'other') throw invalid();
  return { path, found: { kind, size: number(size), inode: number(inode), fileSystem: number(fileSystem) } };
}

function number(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw invalid();
  return value;
}

const invalid = () => new LibxlError('ERROR_INVAL', 'what the target says of itself is no description of a host');
