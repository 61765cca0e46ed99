import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FoundSshd, findSshd } from '../ssh/find-sshd.js';
import { Sshd } from '../ssh/sshd.js';
import { best, type Run, runOnce } from './measure.js';
import { mib, type Row, ratioRow } from './table.js';
import { inMemory, shell, spareMib, XL } from './workspace.js';

const RUNS = 2;
/** Beyond, nothing new is learnt. */
const MAX_MIB = 1024;
const HOST_SPARE = 128;

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
    // The guest, its copy at the target, its save file.
    if (size > MAX_MIB || size * 3.3 + HOST_SPARE > spareMib()) continue;
    for (const by of [undefined, ...('missing' in sshd ? [] : [sshd])]) {
      rows.push(...(await inMemory('migrate', (folder) => measure(folder, size, by))));
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

type Side = 'a' | 'b';
const SIDES: readonly Side[] = ['a', 'b'];

class Migration {
  private sshds: Partial<Record<Side, Sshd>> = {};
  private at: Side = 'a';

  constructor(
    private readonly folder: string,
    private readonly size: number,
  ) {
    const words = [...XL.map((word) => `'${word}'`), '"$@"'].join(' ');
    for (const side of SIDES) {
      mkdirSync(join(folder, side), { mode: 0o700 });
      const env = Object.entries(this.env(side)).map(([name, value]) => `${name}='${value}'`);
      // HOST xl ARGUMENTS
      writeFileSync(this.script(side), `#!/bin/sh\nshift 2\nexec env ${env.join(' ')} ${words}\n`, { mode: 0o700 });
    }
  }

  async reachBySsh(found: FoundSshd): Promise<void> {
    for (const name of SIDES) {
      const directory = join(this.folder, `ssh-${name}`);
      this.sshds[name] = await Sshd.start({ found, directory, name, environment: this.env(name) });
    }
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.sshds).map((sshd) => sshd.stop()));
  }

  async run(): Promise<Row[]> {
    const { size } = this;
    const ssh = this.sshds.b?.command;
    const file = join(this.folder, 'vm.save');
    await this.createFull();
    await this.xl('save', '-c', 'vm', file);
    const cat = ssh === undefined ? `cat ${file} | cat > /dev/null` : `${ssh} b 'cat > /dev/null' < ${file}`;
    const peer = await best(RUNS, () => runOnce({ words: shell(cat) }));
    const rows: Row[] = [];
    for (const way of WAYS) {
      const times: number[] = [];
      for (let i = 0; i < RUNS; i++) times.push(await this.migrate(way));
      const what = `xl migrate ${way.join(' ')} / ${ssh === undefined ? 'cat' : 'ssh cat'}`.replace('  ', ' ');
      rows.push(ratioRow(what, mib(size), Math.min(...times), peer.seconds));
    }
    await this.xl('destroy', 'vm');
    return rows;
  }

  /** To the other host. @returns seconds, of the migration without xl's start-up */
  private async migrate(way: readonly string[]): Promise<number> {
    const to: Side = this.at === 'a' ? 'b' : 'a';
    const report = join(this.folder, 'report.json');
    await this.xl(
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
    return (JSON.parse(readFileSync(report, 'utf8')) as { totalMs: number }).totalMs / 1000;
  }

  /** A guest all of whose memory has been written. */
  private async createFull(): Promise<void> {
    const config = join(this.folder, 'vm.cfg');
    const kernel = 'kernel = "builtin:selfcheck"\ncmdline = "rate=500"\n';
    writeFileSync(config, `name = "vm"\ntype = "pv"\nvcpus = 1\nmemory = ${this.size}\n${kernel}`);
    await this.xl('create', '-e', '-q', config);
    const end = Date.now() + 120_000;
    while (!/writes, 0 lost/.test((await this.xl('console', '--dump', 'vm')).stdout)) {
      if (Date.now() > end) throw new Error('the guest does not come up');
      await sleep(200);
    }
  }

  private script(side: Side): string {
    return join(this.folder, `to-${side}.sh`);
  }

  private env(side: Side): Record<string, string> {
    return {
      XEN_EMBEDDED_DIR: join(this.folder, side),
      XEN_EMBEDDED_MEMORY: String(Math.ceil(this.size * 1.05) + HOST_SPARE),
      XEN_EMBEDDED_IDLE: '2',
    };
  }

  private xl(...args: string[]): Promise<Run> {
    return runOnce({ words: [...XL, ...args], env: this.env(this.at) });
  }
}
