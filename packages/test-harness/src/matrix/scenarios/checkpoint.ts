import { type Scenario, scenariosOf } from '../scenario.js';
import { lacksNamespaces, onSmallDisk } from './full-disk.js';
import { isValid, stalledSave } from './save.js';

const FILE = 'vm.save';

export const CHECKPOINT: readonly Scenario[] = scenariosOf('checkpoint', [
  {
    variant: 'fault-free: the guest runs on, and its copy can be restored elsewhere',
    quick: true,
    async run(cell) {
      const domid = await cell.create();
      await cell.succeeds(cell.here, 'save', '-c', cell.name, cell.file(FILE));
      await cell.runsAt(cell.here);
      if ((await cell.only(cell.here)).domid !== domid) throw new Error('it is another domain');
      await isValid(cell, cell.file(FILE));
      await cell.succeeds(cell.there, 'restore', '-e', cell.file(FILE));
      await cell.isWell(cell.there, (await cell.only(cell.there)).domid);
      await cell.isWell(cell.here, domid);
    },
  },
  {
    variant: 'the guest is left paused',
    async run(cell) {
      const domid = await cell.create();
      await cell.succeeds(cell.here, 'save', '-p', cell.name, cell.file(FILE));
      const { paused, shutdown } = await cell.only(cell.here);
      if (!paused || shutdown) throw new Error('it is to be paused, and not suspended');
      await cell.succeeds(cell.here, 'unpause', String(domid));
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'a base and two increments, restored as one',
    async run(cell) {
      await cell.create();
      const [base, first, second] = ['base', 'first', 'second'].map((name) => cell.file(name)) as [
        string,
        string,
        string,
      ];
      await cell.succeeds(cell.here, 'save', '--base', cell.name, base);
      await cell.runsAt(cell.here);
      await cell.succeeds(cell.here, 'save', `--incremental=${base}`, cell.name, first);
      await cell.runsAt(cell.here);
      await cell.succeeds(cell.here, 'save', `--incremental=${first}`, cell.name, second);
      await cell.succeeds(cell.here, 'destroy', cell.name);
      await cell.succeeds(cell.there, 'restore', '-e', `--chain=${base},${first}`, second);
      await cell.runsAt(cell.there);
    },
  },
  {
    variant: 'disk full: the guest runs on',
    lacks: lacksNamespaces,
    async run(cell) {
      await cell.create();
      const running = onSmallDisk(cell, cell.here, (folder) => ['save', '-c', cell.name, `${folder}/${FILE}`]);
      await cell.fails(running, /ENOSPC|no space/i);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'kill -9: the guest runs on',
    async run(cell) {
      await cell.create();
      await cell.kill(await stalledSave(cell, '-c'));
      await cell.runsAt(cell.here);
    },
  },
]);
