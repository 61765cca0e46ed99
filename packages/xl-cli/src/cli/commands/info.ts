import { arch, hostname, release, version } from 'node:os';
import { type HostInfo, hostInfo } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { printJson } from '../context.js';
import { EXIT } from '../exit.js';

const NAME_WIDTH = 23;
const PAGES_PER_MIB = 256;

export const info = defineCommand(
  {
    name: 'info',
    summary: 'Get information about Xen host',
    usage: '[options] [Name]',
    options: {
      numa: { short: 'n', long: 'numa', about: 'List the host NUMA topology, too.' },
      json: { long: 'json', about: 'Print everything as JSON.' },
    },
    operands: 0,
    details: 'With a Name, only the value of that line is printed.',
  },
  async (context, { options, operands }) => {
    const host = await hostInfo(await context.host());
    const facts = hostFacts(host);
    if (options.json) {
      printJson(context, { ...Object.fromEntries(facts), notice: host.notice });
      return EXIT.success;
    }
    const only = options.numa ? undefined : operands[0];
    for (const [name, value] of facts) context.out(factLine(name, value, only));
    if (options.numa) context.out(numaText(host));
    if (host.notice !== '' && only === undefined) context.err(`note: ${host.notice}\n`);
    return EXIT.success;
  },
);

/** One name, one value: the lines of `xl info` in stock's order. */
export function hostFacts(host: HostInfo): [string, string][] {
  const mhz = `${Math.floor(host.cpuKhz / 1000)}.${String(host.cpuKhz % 1000).padStart(3, '0')}`;
  const caps = Array.from({ length: 8 }, (_, i) => ((host.hwCaps[i] ?? 0) >>> 0).toString(16).padStart(8, '0'));
  return [
    ['host', hostname()],
    ['release', release()],
    ['version', version()],
    ['machine', arch() === 'x64' ? 'x86_64' : arch()],
    ['nr_cpus', String(host.nrCpus)],
    ['max_cpu_id', String(host.nrCpus - 1)],
    ['nr_nodes', '1'],
    ['cores_per_socket', String(host.nrCpus)],
    ['threads_per_core', '1'],
    ['cpu_mhz', mhz],
    ['hw_caps', caps.join(':')],
    ['virt_caps', virtCaps(host.capabilities)],
    ['total_memory', String(Math.floor(host.totalPages / PAGES_PER_MIB))],
    ['free_memory', String(Math.floor(host.freePages / PAGES_PER_MIB))],
    ['sharing_freed_memory', '0'],
    ['sharing_used_memory', '0'],
    ['outstanding_claims', '0'],
    ['free_cpus', '0'],
    ['xen_major', String(host.major)],
    ['xen_minor', String(host.minor)],
    ['xen_extra', host.extra],
    ['xen_version', `${host.major}.${host.minor}${host.extra}`],
    ['xen_caps', host.capabilities],
    ['xen_scheduler', host.scheduler],
    ['xen_pagesize', '4096'],
    ['platform_params', 'virt_start=0xffff800000000000'],
    ['xen_commandline', host.commandLine],
    ['xend_config_format', '4'],
  ];
}

function virtCaps(capabilities: string): string {
  const kinds = [capabilities.includes('xen-3.0') ? 'pv' : '', capabilities.includes('hvm-3.0') ? 'hvm' : ''];
  return kinds.filter((kind) => kind !== '').join(' ');
}

/** `only`: the value alone, and only of the lines whose name begins so, as stock does. */
function factLine(name: string, value: string, only: string | undefined): string {
  if (only === undefined) return `${name.padEnd(NAME_WIDTH)}: ${value}\n`;
  return name.startsWith(only) ? `${value}\n` : '';
}

function numaText(host: HostInfo): string {
  const cpus = Array.from(
    { length: host.nrCpus },
    (_, cpu) => `${String(cpu).padStart(3)}:    ${String(cpu).padStart(4)}        0        0\n`,
  );
  const mib = (pages: number) => String(Math.floor(pages / PAGES_PER_MIB)).padStart(6);
  return [
    'cpu_topology           :\n',
    'cpu:    core    socket     node\n',
    ...cpus,
    'device topology        :\n',
    'device           node\n',
    'No device topology data available\n',
    'numa_info              :\n',
    'node:    memsize    memfree    distances\n',
    `${'0'.padStart(4)}:    ${mib(host.totalPages)}     ${mib(host.freePages)}      10\n`,
  ].join('');
}
