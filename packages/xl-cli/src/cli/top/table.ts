import { cpuPercent, type DomainSummary, type HostSample } from '@xen-migration/libxl';
import { clockTime } from '../format/times.js';

// The columns are xentop's, with its widths and words; of networks and disks nothing is counted here.

export type SortKey = 'domid' | 'name' | 'cpu' | 'memory';
export const SORT_KEYS: readonly SortKey[] = ['domid', 'name', 'cpu', 'memory'];

export interface TableOptions {
  readonly sort: SortKey;
  /** Names are not cut at ten characters. */
  readonly fullNames: boolean;
}

const NAME_WIDTH = 10;
const KIB_PER_PAGE = 4;

/** The lines above the table. */
export function topHeader({ host, domains }: HostSample, now: Date): string[] {
  const count = (is: (domain: DomainSummary) => boolean) => domains.filter(is).length;
  const total = host.totalPages * KIB_PER_PAGE;
  const free = host.freePages * KIB_PER_PAGE;
  return [
    `xentop - ${clockTime(now)}   Xen ${host.major}.${host.minor}${host.extra}`,
    `${domains.length} domains: ${count((d) => d.running)} running, ${count((d) => d.blocked)} blocked, ` +
      `${count((d) => d.paused)} paused, ${count(isCrashed)} crashed, ${count((d) => d.dying)} dying, ` +
      `${count((d) => d.shutdown)} shutdown `,
    `Mem: ${total}k total, ${total - free}k used, ${free}k free    ` +
      `CPUs: ${host.nrCpus} @ ${Math.floor(host.cpuKhz / 1000)}MHz`,
  ];
}

export function tableHeader({ domains }: HostSample, { fullNames }: TableOptions): string {
  const columns = ['STATE'.padStart(6), 'CPU(sec)'.padStart(10), 'CPU(%)'.padStart(6), 'MEM(k)'.padStart(10)];
  const rest = ['MEM(%)'.padStart(6), 'MAXMEM(k)'.padStart(10), 'MAXMEM(%)'.padStart(9), 'VCPUS'.padStart(5)];
  return ['NAME'.padStart(nameWidth(domains, fullNames)), ...columns, ...rest].join(' ');
}

/** A line for each domain, and those of its vcpus where the sample has them. */
export function tableRows(sample: HostSample, before: HostSample | undefined, options: TableOptions): string[] {
  const width = nameWidth(sample.domains, options.fullNames);
  return sorted(sample, before, options.sort).flatMap((domain) => [
    row(domain, sample, before, width),
    ...vcpuRows(sample, domain.domid),
  ]);
}

function sorted(sample: HostSample, before: HostSample | undefined, sort: SortKey): DomainSummary[] {
  const order: Readonly<Record<SortKey, (a: DomainSummary, b: DomainSummary) => number>> = {
    domid: (a, b) => a.domid - b.domid,
    name: (a, b) => (a.name ?? '').localeCompare(b.name ?? ''),
    cpu: (a, b) => cpuPercent(b, sample, before) - cpuPercent(a, sample, before),
    memory: (a, b) => b.memoryKib - a.memoryKib,
  };
  return sample.domains.toSorted(order[sort]);
}

const nameWidth = (domains: readonly DomainSummary[], fullNames: boolean): number =>
  fullNames ? Math.max(NAME_WIDTH, ...domains.map(({ name }) => name?.length ?? 0)) : NAME_WIDTH;

function row(domain: DomainSummary, sample: HostSample, before: HostSample | undefined, width: number): string {
  const total = sample.host.totalPages * KIB_PER_PAGE;
  const percent = (kib: number) => ((kib * 100) / total).toFixed(1);
  // All ones: the domain has no limit.
  const limited = domain.maxMemoryKib < total;
  return [
    (domain.name ?? '').slice(0, width).padStart(width),
    stateLetters(domain),
    String(Math.floor(domain.cpuSeconds)).padStart(10),
    cpuPercent(domain, sample, before).toFixed(1).padStart(6),
    String(domain.memoryKib).padStart(10),
    percent(domain.memoryKib).padStart(6),
    (limited ? String(domain.maxMemoryKib) : 'no limit').padStart(10),
    (limited ? percent(domain.maxMemoryKib) : 'n/a').padStart(9),
    String(domain.onlineVcpus).padStart(5),
  ].join(' ');
}

const isCrashed = ({ shutdownReason }: DomainSummary): boolean => shutdownReason === 'crash';

/** `-----r`: xentop's order, which is not that of `xl list`. */
function stateLetters(domain: DomainSummary): string {
  const letter = (on: boolean, sign: string) => (on ? sign : '-');
  return [
    letter(domain.dying, 'd'),
    letter(domain.shutdown, 's'),
    letter(domain.blocked, 'b'),
    letter(isCrashed(domain), 'c'),
    letter(domain.paused, 'p'),
    letter(domain.running, 'r'),
  ].join('');
}

const VCPUS_PER_LINE = 5;

function vcpuRows({ vcpus }: HostSample, domid: number): string[] {
  const times = (vcpus.get(domid) ?? []).map(
    ({ vcpu, cpuTime }) => ` ${String(vcpu).padStart(2)}: ${String(Math.floor(Number(cpuTime) / 1e9)).padStart(10)}s`,
  );
  const lines: string[] = [];
  for (let i = 0; i < times.length; i += VCPUS_PER_LINE) {
    lines.push(`${i === 0 ? 'VCPUs(sec): ' : '        '}${times.slice(i, i + VCPUS_PER_LINE).join('')}`);
  }
  return lines;
}
