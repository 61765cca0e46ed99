import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BenchHost, HOST_SPARE } from './bench-host.js';
import { best, type Run, runOnce } from './measure.js';
import { mib, type Row, ratioRow } from './table.js';
import { inMemory, shell, whereItFits } from './workspace.js';

const RUNS = 3;
const GOAL = 1.5;

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
  private readonly host: BenchHost;

  constructor(
    folder: string,
    private readonly size: number,
  ) {
    this.file = join(folder, 'vm.save');
    this.host = new BenchHost(join(folder, 'host'), 2 * size);
  }

  async run(): Promise<Row[]> {
    const { size, host } = this;
    await host.createFull('pv', size);
    const startup = await best(RUNS, () => host.xl('domid', 'vm'));
    let saves = 0;
    const save = await best(RUNS, async () => {
      rmSync(this.file, { force: true });
      const run = await host.xl('save', '-c', 'vm', this.file);
      // Until it has checked all of its memory the guest would not answer the next question to suspend.
      await host.guestSays(new RegExp(`(suspend cancelled[\\s\\S]*){${++saves}}`));
      return run;
    });
    await host.xl('destroy', 'vm');
    const copy = await best(RUNS, () =>
      runOnce({ words: shell(`cp ${this.file} ${this.file}.copy; rm ${this.file}.copy`) }),
    );
    const restores: Run[] = [];
    for (let i = 0; i < RUNS; i++) {
      restores.push(await host.xl('restore', '-e', '-p', this.file));
      await host.xl('destroy', 'vm');
    }
    const restore = await best(restores.length, async () => restores.shift() as Run);
    await host.ended();
    const bare = (run: Run) => Math.max(0, run.seconds - startup.seconds);
    return [
      ratioRow('xl save, whole command / cp', mib(size), save.seconds, copy.seconds, GOAL),
      ratioRow('xl save, after start-up / cp', mib(size), bare(save), copy.seconds, GOAL),
      ratioRow('xl restore, whole command / cp', mib(size), restore.seconds, copy.seconds, GOAL),
      ratioRow('xl restore, after start-up / cp', mib(size), bare(restore), copy.seconds, GOAL),
    ];
  }
}
