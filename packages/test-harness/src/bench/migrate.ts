import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
 * A live migration between two hosts of this machine beside a `cat` of a save file of the same guest. Where XL_BENCH_SSH
 * holds an ssh command that leads to this machine (such as `ssh -F FILE`), both go through it: the peer is `ssh cat` then.
 */
export async function benchMigrate(sizesMib: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizesMib) {
    // The guest, its copy at the target, its save file.
    if (size > MAX_MIB || size * 3.3 + HOST_SPARE > spareMib()) continue;
    rows.push(...(await inMemory('migrate', (folder) => new Migration(folder, size).run())));
  }
  return rows;
}

type Side = 'a' | 'b';

class Migration {
  private readonly ssh = process.env.XL_BENCH_SSH;
  private at: Side = 'a';

  constructor(
    private readonly folder: string,
    private readonly size: number,
  ) {
    for (const side of ['a', 'b'] as const) {
      mkdirSync(join(folder, side), { mode: 0o700 });
      const words = [...XL.map((word) => `'${word}'`), '"$@"'].join(' ');
      const env = Object.entries(this.env(side)).map(([name, value]) => `${name}='${value}'`);
      const script = `#!/bin/sh\nshift 2\nexec env ${env.join(' ')} ${words}\n`;
      writeFileSync(this.reach(side), script);
      chmodSync(this.reach(side), 0o700);
    }
  }

  async run(): Promise<Row[]> {
    const { size, ssh } = this;
    const file = join(this.folder, 'vm.save');
    await this.createFull();
    await this.xl('save', '-c', 'vm', file);
    const cat = ssh === undefined ? `cat ${file} | cat > /dev/null` : `${ssh} localhost 'cat > /dev/null' < ${file}`;
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
    const shellCommand = this.ssh === undefined ? this.reach(to) : `${this.reach(to)}.ssh`;
    if (this.ssh !== undefined) {
      writeFileSync(shellCommand, `#!/bin/sh\nexec ${this.ssh} localhost '${this.reach(to)}' "$@"\n`, { mode: 0o700 });
    }
    await this.xl('migrate', '-e', ...way, '--report', report, '-s', shellCommand, 'vm', to);
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

  private reach(side: Side): string {
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
