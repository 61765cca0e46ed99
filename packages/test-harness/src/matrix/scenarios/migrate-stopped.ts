import { builtProgram } from '../../repository.js';
import type { Cell } from '../cell.js';
import type { RunningCommand } from '../host/run-command.js';
import type { LinkFault } from '../link/faults.js';
import { type Scenario, scenariosOf } from '../scenario.js';
import { linkFault, runsSomewhere } from './migrate.js';

/** xl always migrates live: libxl is called by a program of the harness. */
const PROGRAM = 'matrix-migrate-stopped.js';

async function migrateStopped(cell: Cell, target = cell.there, fault?: LinkFault): Promise<RunningCommand> {
  const { domid } = await cell.only(cell.here);
  const link = cell.linkTo(target, fault);
  cell.log(`migrate domain ${domid} without copying while it runs (libxl), by ${link}`);
  const words = [process.execPath, builtProgram(PROGRAM), cell.setting.packages.libxlEntry, String(domid), link];
  return cell.started(words, { env: cell.here.env });
}

export const MIGRATE_STOPPED: readonly Scenario[] = scenariosOf('migrate-stopped', [
  {
    variant: 'fault-free, to localhost',
    async run(cell) {
      await cell.create();
      const { code, stderr } = await (await migrateStopped(cell, cell.here)).result;
      if (code !== 0) throw new Error(`it failed: ${stderr}`);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'fault-free, to another host',
    quick: true,
    async run(cell) {
      await cell.create();
      const { code, stderr } = await (await migrateStopped(cell)).result;
      if (code !== 0) throw new Error(`it failed: ${stderr}`);
      await cell.runsAt(cell.there);
    },
  },
  {
    variant: 'the link breaks while memory flows: the source runs on',
    async run(cell) {
      await cell.create();
      const fault = linkFault(cell, 'memory', 'cut');
      await cell.fails(await migrateStopped(cell, cell.there, fault), /source runs/);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'the sender is killed as the guest is suspended: one guest runs',
    async run(cell) {
      await cell.create();
      const running = await migrateStopped(cell);
      await cell.eventually('it is suspended', async () => {
        const [vm] = await cell.domains(cell.here);
        return running.process.exitCode !== null || vm?.shutdown === true;
      });
      await cell.kill(running);
      await runsSomewhere(cell);
    },
  },
]);
