import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FoundSshd, findSshd } from '../ssh/find-sshd.js';
import { Sshd } from '../ssh/sshd.js';
import { BenchHost, HOST_SPARE } from './bench-host.js';
import { downtimeRow } from './downtime.js';
import { best, runOnce } from './measure.js';
import { mib, type Row, ratioRow } from './table.js';
import { inMemory, shell, whereItFits, XL } from './workspace.js';

const RUNS = 2;
/** Beyond, nothing new is learnt. */
const MAX_MIB = 1024;

/** How the pages travel. */
const WAYS: readonly (readonly string[])[] = [
  [],
  ['--streams', '1'],
  ['--streams', '4'],
  ['--compress'],
  ['--compress', '--streams', '4'],
];

/**
 * A live migration between two hosts of this machine beside a `cat` of a save file of the same guest; then both through
 * an sshd of its own, where there is one: the peer is `ssh cat` then.
 */
export async function benchMigrate(sizesMib: readonly number[]): Promise<Row[]> {
  const sshd = findSshd();
  const rows: Row[] = [];
  for (const size of sizesMib) {
    if (size > MAX_MIB) continue;
    for (const by of [undefined, ...('missing' in sshd ? [] : [sshd])]) {
      const migrations = () => inMemory('migrate', (folder) => measure(folder, size, by));
      // The guest, its copy at the target, its save file.
      rows.push(...(await whereItFits('xl migrate / cat', size, size * 3.3 + HOST_SPARE, migrations)));
    }
  }
  return rows;
}

async function measure(folder: string, size: number, by: FoundSshd | undefined): Promise<Row[]> {
  const migration = new Migration(folder, size);
  try {
    if (by !== undefined) await migration.reachBySsh(by);
    return await migration.run();
  } finally {
    await migration.close();
  }
}

/** What is looked at of a migration's report. */
interface Report {
  readonly totalMs: number;
  readonly downtimeMs: number;
  readonly transfer: { readonly passes: readonly { readonly bytes: number; readonly ms: number }[] };
}

const THROUGHPUT_GOAL = 0.8;

/** How fast the memory goes over, without what a migration does before and afterwards (the source's end above all). */
function throughputRow(size: number, reports: readonly Report[], copySeconds: number): Row {
  const rates = reports.map(({ transfer: { passes } }) => (passes[0]?.bytes ?? 0) / ((passes[0]?.ms ?? 1) * 1000));
  const ours = Math.max(...rates);
  const peer = (size * 2 ** 20) / (copySeconds * 1e6);
  return {
    what: 'xl migrate, first pass / cat FILE | cat > COPY: throughput',
    size: mib(size),
    ours: `${ours.toFixed(0)} MB/s`,
    peer: `${peer.toFixed(0)} MB/s`,
    ratio: (ours / peer).toFixed(2),
    goal: `>= ${THROUGHPUT_GOAL}`,
    met: ours / peer >= THROUGHPUT_GOAL,
  };
}

type Side = 'a' | 'b';
const SIDES: readonly Side[] = ['a', 'b'];

class Migration {
  private sshds: Partial<Record<Side, Sshd>> = {};
  private readonly hosts: Readonly<Record<Side, BenchHost>>;
  private at: Side = 'a';

  constructor(
    private readonly folder: string,
    private readonly size: number,
  ) {
    this.hosts = { a: new BenchHost(join(folder, 'a'), size), b: new BenchHost(join(folder, 'b'), size) };
    const words = [...XL.map((word) => `'${word}'`), '"$@"'].join(' ');
    for (const side of SIDES) {
      const env = Object.entries(this.hosts[side].env).map(([name, value]) => `${name}='${value}'`);
      // HOST xl ARGUMENTS
      writeFileSync(this.script(side), `#!/bin/sh\nshift 2\nexec env ${env.join(' ')} ${words}\n`, { mode: 0o700 });
    }
  }

  async reachBySsh(found: FoundSshd): Promise<void> {
    for (const name of SIDES) {
      const directory = join(this.folder, `ssh-${name}`);
      this.sshds[name] = await Sshd.start({ found, directory, name, environment: this.hosts[name].env });
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sshds).map((sshd) => sshd.stop()));
  }

  async run(): Promise<Row[]> {
    const { size } = this;
    const ssh = this.sshds.b?.command;
    const file = join(this.folder, 'vm.save');
    await this.hosts.a.createFull('pv', size);
    await this.here.xl('save', '-c', 'vm', file);
    const cat = ssh === undefined ? `cat ${file} | cat > /dev/null` : `${ssh} b 'cat > /dev/null' < ${file}`;
    const peer = await best(RUNS, () => runOnce({ words: shell(cat) }));
    const rows: Row[] = [];
    for (const way of WAYS) {
      const reports: Report[] = [];
      for (let i = 0; i < RUNS; i++) reports.push(await this.migrate(way));
      const what = `xl migrate ${way.join(' ')} / ${ssh === undefined ? 'cat' : 'ssh cat'}`.replace('  ', ' ');
      const total = Math.min(...reports.map(({ totalMs }) => totalMs)) / 1000;
      rows.push(ratioRow(what, mib(size), total, peer.seconds));
      if (way.length === 0 && ssh === undefined) rows.push(...(await this.plainRows(reports, file)));
    }
    await this.here.xl('destroy', 'vm');
    return rows;
  }

  private async plainRows(reports: readonly Report[], file: string): Promise<Row[]> {
    const { size } = this;
    // What the first pass does as well: all of the memory through a pipe, and into new memory.
    const copy = shell(`cat ${file} | cat > ${file}.copy; rm ${file}.copy`);
    const copied = await best(RUNS + 1, () => runOnce({ words: copy }));
    const downtime = Math.min(...reports.map(({ downtimeMs }) => downtimeMs));
    return [
      throughputRow(size, reports, copied.seconds),
      downtimeRow('xl migrate, PV, all its memory in use: downtime', size, downtime),
    ];
  }

  /** To the other host. @returns xl's report, whose times are without its start-up */
  private async migrate(way: readonly string[]): Promise<Report> {
    const to: Side = this.at === 'a' ? 'b' : 'a';
    const report = join(this.folder, 'report.json');
    await this.here.xl(
      'migrate',
      '-e',
      ...way,
      '--report',
      report,
      '-s',
      this.sshds[to]?.command ?? this.script(to),
      'vm',
      to,
    );
    this.at = to;
    return JSON.parse(readFileSync(report, 'utf8')) as Report;
  }

  private get here(): BenchHost {
    return this.hosts[this.at];
  }

  private script(side: Side): string {
    return join(this.folder, `to-${side}.sh`);
  }
}
