import type { MatrixHost } from '../../matrix/host/matrix-host.js';
import type { RunningCommand } from '../../matrix/host/run-command.js';
import { disturbed, RECEIVER_FAULT, type SignalFault } from '../faults.js';
import { copiesOf, describe, workDone } from '../invariant.js';
import type { Task } from '../task.js';
import { chooseMove, type Operation } from './operation.js';

/** Nothing else is possible yet: neither network nor disk is replicated. */
const OPTIONS = ['-F', '-n', '-d', '-i', '50'];
/** A busy machine may need long for a few of them. */
const CHECKPOINTS_MS = 120_000;
const LINK_EARLY = 'the link breaks before the first checkpoint is whole';
const FAULTS = ['kill -9 of the command', RECEIVER_FAULT, 'Ctrl-C', LINK_EARLY] as const;

/**
 * A replication of some checkpoints, after which the domain is destroyed here and goes on at the backup. Where a fault
 * ends it both sides may go on, as Remus's documentation warns: then the administrator ends the backup's copy.
 */
export const REMUS: Operation = {
  name: 'remus',
  weight: 2,
  of: 'running',
  async run(task) {
    const { guest, choices } = task;
    const { from: here, to: there, fault } = chooseMove(task, () => FAULTS);
    const source = (await guest.domain())?.domid;
    const cut = { at: 'memory', what: 'cut', afterBytes: choices.between(2 ** 16, 2 ** 20) } as const;
    const link = task.linkTo(there, fault === LINK_EARLY ? cut : undefined, { record: false });
    const args = ['-v', 'remus', ...OPTIONS, '-e', '-s', link, guest.name, there.name];
    const running = task.start(here, args);
    if (fault === LINK_EARLY) {
      await task.fails(running, /Backup failed/);
      return { hosts: [here] };
    }
    await checkpoints(task, running, choices.between(1, 6));
    if (fault === 'none') {
      await task.succeeds(here, 'destroy', String(source));
      await task.wentWell(running);
      return { hosts: [there] };
    }
    await disturbed(task, running, fault as SignalFault);
    await workDone(task.variable);
    await fence(task, here, source);
    return { hosts: [here] };
  },
};

async function checkpoints(task: Task, running: RunningCommand, count: number): Promise<void> {
  let said = '';
  running.process.stderr?.on('data', (text: string) => {
    said += text;
  });
  await task.eventually(
    `checkpoint ${count}`,
    async () => {
      if (running.process.exitCode !== null) throw new Error(`the replication has ended: ${said}`);
      return said.includes(`checkpoint ${count}\n`);
    },
    CHECKPOINTS_MS,
  );
}

/** Two copies that run are what is documented; anything else beside the source is not, and is left to be found. */
async function fence(task: Task, here: MatrixHost, source: number | undefined): Promise<void> {
  for (const copy of await copiesOf(task.field, task.guest)) {
    const { domain, host } = copy;
    const runs = !domain.paused && !domain.shutdown && !domain.dying && domain.name === task.guest.name;
    if ((host === here && domain.domid === source) || !runs) continue;
    task.decisions.push(`the backup's copy is ended: ${describe([copy])}`);
    await task.packages.libxl.destroyDomain(host.host, domain.domid);
  }
}
