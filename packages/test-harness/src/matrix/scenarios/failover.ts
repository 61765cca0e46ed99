import type { Cell } from '../cell.js';
import type { RunningCommand } from '../host/run-command.js';
import type { LinkFault } from '../link/faults.js';
import { type Scenario, scenariosOf } from '../scenario.js';

/** Nothing else is possible yet: neither network nor disk is replicated. */
const OPTIONS = ['-F', '-n', '-d', '-i', '50'];

/** A replication that has made some whole checkpoints. */
async function replicated(cell: Cell, checkpoints: number, fault?: LinkFault): Promise<RunningCommand> {
  let said = '';
  const link = cell.linkTo(cell.there, fault, { record: false });
  const running = cell.start(cell.here, ['-v', 'remus', ...OPTIONS, '-e', '-s', link, cell.name, 'there']);
  running.process.stderr?.on('data', (text: string) => {
    said += text;
  });
  await cell.eventually(`checkpoint ${checkpoints}`, async () => {
    if (running.process.exitCode !== null) throw new Error(`the replication has ended: ${said}`);
    return said.includes(`checkpoint ${checkpoints}\n`);
  });
  return running;
}

async function goesOnThere(cell: Cell): Promise<void> {
  const vm = await cell.eventually('it goes on at the backup', async () => {
    const [domain] = await cell.domains(cell.there);
    return domain?.name === cell.name && !domain.paused && !domain.shutdown ? domain : undefined;
  });
  await cell.isWell(cell.there, vm.domid);
}

export const FAILOVER: readonly Scenario[] = scenariosOf('failover', [
  {
    variant: 'the domain is destroyed: its backup goes on',
    quick: true,
    async run(cell) {
      const domid = await cell.create();
      const running = await replicated(cell, cell.choices.between(2, 6));
      await cell.succeeds(cell.here, 'destroy', String(domid));
      const { code, stderr } = await running.result;
      if (code !== 0) throw new Error(`xl remus ended with ${code}: ${stderr}`);
      await cell.runsAt(cell.there);
    },
  },
  {
    variant: 'the host dies: its backup goes on',
    async run(cell) {
      const host = await cell.openHost({ name: 'dies' });
      await cell.create(host);
      let said = '';
      const link = cell.linkTo(cell.there, undefined, { record: false });
      const running = cell.start(host, ['-v', 'remus', ...OPTIONS, '-e', '-s', link, cell.name, 'there']);
      running.process.stderr?.on('data', (text: string) => {
        said += text;
      });
      await cell.eventually('a checkpoint', async () => said.includes('checkpoint 3\n'));
      host.powerOff();
      cell.log('[every process of the host is killed, its hypervisor included]');
      await running.result;
      await cell.runsAt(cell.there);
    },
  },
  {
    variant: 'the backup is killed: the source runs on without',
    async run(cell) {
      await cell.create();
      const running = await replicated(cell, 2);
      // The receiver is the only xl there.
      cell.log(`[kill -9 of the receiver: ${cell.there.killCommands('migrate-receive')}]`);
      await cell.fails(running, /Backup failed/);
      const vm = await cell.only(cell.here);
      await cell.isWell(cell.here, vm.domid);
      // Its guardian knows that the last whole checkpoint may be all that is left.
      await cell.eventually('no half-built copy', async () =>
        (await cell.domains(cell.there)).every(({ name, paused }) => name === cell.name && !paused),
      );
    },
  },
  {
    variant: 'the link breaks before the first checkpoint is whole: the source runs on alone',
    async run(cell) {
      await cell.create();
      const fault: LinkFault = { at: 'memory', what: 'cut', afterBytes: cell.choices.between(2 ** 16, 2 ** 20) };
      const link = cell.linkTo(cell.there, fault, { record: false });
      await cell.fails(
        cell.start(cell.here, ['remus', ...OPTIONS, '-e', '-s', link, cell.name, 'there']),
        /Backup failed/,
      );
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'the sender is killed: both sides go on, as documented',
    async run(cell) {
      const domid = await cell.create();
      await cell.kill(await replicated(cell, 2));
      await goesOnThere(cell);
      await cell.isWell(cell.here, domid);
    },
  },
]);
