import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { best, type Run, rssAnonMib, runOnce } from './measure.js';
import { mib, type Row, ratioRow } from './table.js';
import { inMemory, shell, whereItFits, XL } from './workspace.js';

const RUNS = 3;
const GOAL = 1.5;
/** What a host needs besides its guest, MiB. */
const HOST_SPARE = 128;

/** `xl save` and `xl restore` of an embedded guest beside `cp` of a file of that size, all in memory. */
export async function benchTransfer(sizesMib: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizesMib) {
    const measure = () => inMemory('transfer', (folder) => new Transfer(folder, size).run());
    // The file, and the guest or a copy of the file.
    rows.push(...(await whereItFits('xl save, xl restore / cp', size, size * 2.2 + HOST_SPARE, measure)));
  }
  return rows;
}

class Transfer {
  private readonly file: string;
  private readonly env: Readonly<Record<string, string>>;

  constructor(
    private readonly folder: string,
    private readonly size: number,
  ) {
    this.file = join(folder, 'vm.save');
    this.env = {
      XEN_EMBEDDED_DIR: join(folder, 'host'),
      XEN_EMBEDDED_MEMORY: String(Math.ceil(size * 2 * 1.05) + HOST_SPARE),
      XEN_EMBEDDED_IDLE: '2',
    };
    mkdirSync(join(folder, 'host'), { mode: 0o700 });
  }

  async run(): Promise<Row[]> {
    const { size } = this;
    await this.createFull();
    const startup = await best(RUNS, () => this.xl('domid', 'vm'));
    let saves = 0;
    const save = await best(RUNS, async () => {
      rmSync(this.file, { force: true });
      const run = await this.xl('save', '-c', 'vm', this.file);
      // Until it has checked all of its memory the guest would not answer the next question to suspend.
      await this.says(new RegExp(`(suspend cancelled[\\s\\S]*){${++saves}}`));
      return run;
    });
    rmSync(this.file);
    const savedMemory = await this.xlWatched('save', 'vm', this.file);
    const copy = await best(RUNS, () =>
      runOnce({ words: shell(`cp ${this.file} ${this.file}.copy; rm ${this.file}.copy`) }),
    );
    const restores: Run[] = [];
    for (let i = 0; i < RUNS; i++) {
      restores.push(await this.xl('restore', '-e', '-p', this.file));
      await this.xl('destroy', 'vm');
    }
    const restore = await best(restores.length, async () => restores.shift() as Run);
    const restoredMemory = await this.xlWatched('restore', '-e', '-p', this.file);
    await this.xl('destroy', 'vm');
    await this.ended();
    const bare = (run: Run) => Math.max(0, run.seconds - startup.seconds);
    return [
      ratioRow('xl save, whole command / cp', mib(size), save.seconds, copy.seconds, GOAL),
      ratioRow('xl save, after start-up / cp', mib(size), bare(save), copy.seconds, GOAL),
      ratioRow('xl restore, whole command / cp', mib(size), restore.seconds, copy.seconds, GOAL),
      ratioRow('xl restore, after start-up / cp', mib(size), bare(restore), copy.seconds, GOAL),
      memoryRow('xl save: private memory, all its processes', size, savedMemory),
      memoryRow('xl restore: private memory, all its processes', size, restoredMemory),
    ];
  }

  /** A guest all of whose memory has been written. */
  private async createFull(): Promise<void> {
    const config = join(this.folder, 'vm.cfg');
    const settings = { name: 'vm', type: 'pv', kernel: 'builtin:selfcheck', cmdline: 'rate=500', memory: this.size };
    writeFileSync(
      config,
      Object.entries(settings)
        .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
        .join(''),
    );
    await this.xl('create', '-e', '-q', config);
    await this.says(/writes, 0 lost/);
  }

  private async says(pattern: RegExp): Promise<void> {
    const end = Date.now() + 120_000;
    while (!pattern.test((await this.xl('console', '--dump', 'vm')).stdout)) {
      if (Date.now() > end) throw new Error(`the guest does not say ${pattern}`);
      await sleep(200);
    }
  }

  private xl(...args: string[]): Promise<Run> {
    return runOnce({ words: [...XL, ...args], env: this.env });
  }

  private async xlWatched(...args: string[]): Promise<number> {
    const { privateMib } = await runOnce({ words: [...XL, ...args], env: this.env, watchMemory: true });
    return privateMib;
  }

  /** The host ends by itself when it has no domain; its memory must be gone before the next size. */
  private async ended(): Promise<void> {
    const end = Date.now() + 20_000;
    while (existsSync(join(this.folder, 'host', 'hypervisor.sock')) && Date.now() < end) await sleep(100);
  }
}

/** A node process that does nothing has its own share. */
const IDLE_MIB = rssAnonMib(process.pid);

function memoryRow(what: string, size: number, privateMib: number): Row {
  return {
    what,
    size: mib(size),
    ours: mib(privateMib),
    peer: `${mib(IDLE_MIB)} (idle node)`,
    ratio: '',
    goal: '< 64 MiB, flat',
    met: undefined,
  };
}
