import { spawnSync } from 'node:child_process';
import { cpuPercent, type HostSample } from '@xen-migration/libxl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XL, XlHost } from '../../testing/xl-process.js';
import { tableHeader, tableRows, topHeader } from './table.js';

const XENTOP_HEADER = '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS';

const domain = (domid: number, name: string, cpuSeconds: number, memoryKib: number): HostSample['domains'][number] => ({
  domid,
  uuid: `00000000-0000-0000-0000-00000000000${domid}`,
  name,
  memoryKib,
  maxMemoryKib: domid === 0 ? 0xffff_ffff_ffff : memoryKib,
  onlineVcpus: 2,
  maxVcpus: 2,
  running: domid === 0,
  blocked: domid === 1,
  paused: domid === 2,
  shutdown: false,
  shutdownReason: undefined,
  dying: false,
  cpuSeconds,
  heldBecause: undefined,
});

const sample = (at: number, seconds: number): HostSample => ({
  at,
  host: {
    major: 4,
    minor: 17,
    extra: '.7',
    capabilities: '',
    nrCpus: 2,
    cpuKhz: 2_596_120,
    totalPages: 262_144,
    freePages: 65_536,
    commandLine: '',
    scheduler: 'credit2',
    hwCaps: [],
    notice: '',
  },
  domains: [
    domain(0, 'Domain-0', 10 + seconds, 524_288),
    domain(1, 'a-long-name', 3, 131_072),
    domain(2, 'b', 1, 52_429),
  ],
  vcpus: new Map([[1, [vcpu(0), vcpu(1)]]]),
});

const vcpu = (n: number) => ({ vcpu: n, cpu: 0, online: true, running: false, blocked: true, cpuTime: 1_500_000_000n });

describe('the table of xl top', () => {
  const options = { sort: 'domid', fullNames: false } as const;

  it("has xentop's lines", () => {
    const now = sample(2000, 1);
    expect(topHeader(now, new Date(2026, 1, 1, 2, 3, 4))).toEqual([
      'xentop - 02:03:04   Xen 4.17.7',
      '3 domains: 1 running, 1 blocked, 1 paused, 0 crashed, 0 dying, 0 shutdown ',
      'Mem: 1048576k total, 786432k used, 262144k free    CPUs: 2 @ 2596MHz',
    ]);
    expect(tableHeader(now, options)).toBe(XENTOP_HEADER);
    expect(tableRows(now, sample(1000, 0.5), options)).toEqual([
      '  Domain-0 -----r         11   50.0     524288   50.0   no limit       n/a     2',
      'a-long-nam --b---          3    0.0     131072   12.5     131072      12.5     2',
      'VCPUs(sec):   0:          1s  1:          1s',
      '         b ----p-          1    0.0      52429    5.0      52429       5.0     2',
    ]);
  });

  it('orders, and shows whole names', () => {
    const names = (sort: 'cpu' | 'memory' | 'name') =>
      tableRows({ ...sample(2000, 1), vcpus: new Map() }, sample(1000, 0), { sort, fullNames: true }).map((line) =>
        line.slice(0, 11).trim(),
      );
    expect(names('memory')).toEqual(['Domain-0', 'a-long-name', 'b']);
    expect(names('cpu')).toEqual(['Domain-0', 'a-long-name', 'b']);
    expect(names('name')).toEqual(['a-long-name', 'b', 'Domain-0']);
  });

  it('counts no CPU time of another domain that had the number before', () => {
    const now = sample(2000, 5);
    const before = sample(1000, 0);
    const [first] = now.domains;
    expect(cpuPercent(first!, now, before)).toBe(500);
    expect(cpuPercent({ ...first!, uuid: 'another' }, now, before)).toBe(0);
    expect(cpuPercent(first!, now, undefined)).toBe(0);
  });
});

describe('xl top', () => {
  const host = new XlHost();
  beforeAll(() => host.create('busy'));
  afterAll(() => host.close());

  it('prints a table for each round with -b', async () => {
    const { stdout } = await host.succeed('top', '-b', '-i', '2', '-d', '0.3', '-v');
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line === XENTOP_HEADER)).toHaveLength(2);
    expect(lines.filter((line) => /^ {6}busy ---*[-br]/.test(line))).toHaveLength(2);
    expect(lines.filter((line) => line.startsWith('VCPUs(sec): '))).toHaveLength(2);
  });

  it('refuses what it can not do', async () => {
    expect(await host.run('top')).toMatchObject({
      code: 1,
      stderr: "xl: 'xl top' needs a terminal; -b prints tables\n",
    });
    expect(await host.run('top', '-d', 'x')).toMatchObject({ code: 2 });
    expect(await host.run('top', '-s', 'x')).toMatchObject({ code: 2 });
  });

  const terminal = spawnSync('script', ['--version']).status === 0;

  it.skipIf(!terminal)('draws on a terminal, and puts it back (needs script(1))', () => {
    const { status, stdout } = spawnSync('script', ['-qec', `'${process.execPath}' '${XL}' top -i 1`, '/dev/null'], {
      env: { ...host.env, TERM: 'xterm' },
      encoding: 'utf8',
      timeout: 30_000,
    });
    expect(status).toBe(0);
    expect(stdout).toContain('\x1b[?1049h');
    expect(stdout).toContain(XENTOP_HEADER);
    expect(stdout).toContain('      busy ');
    expect(stdout.trimEnd().endsWith('\x1b[?1049l')).toBe(true);
  });
});
