import { readdirSync, readFileSync, rmSync } from 'node:fs';
import type { Cell } from '../cell.js';
import { hasDeviceModel, type Scenario, scenariosOf } from '../scenario.js';
import type { Trial } from '../trial.js';
import { truncated, withUnknownRecord } from './damage.js';
import { lacksNamespaces, onSmallDisk } from './full-disk.js';

const FILE = 'vm.save';
/** Where hypercalls are refused for the moment: so many of them. */
export const INTERFERENCE = 0.05;

/** Saves the guest, looks at the file, and sees to it that nothing else is left. @returns the file */
export async function saved(cell: Cell, host = cell.here): Promise<string> {
  const file = cell.file(FILE);
  await cell.succeeds(host, 'save', cell.name, file);
  await cell.nothingAt(host);
  await isValid(cell, file);
  return file;
}

export async function isValid(trial: Trial, file: string): Promise<void> {
  const { code, stdout, stderr } = await trial.program(trial.packages.xenStream, 'verify', file);
  if (code !== 0) throw new Error(`xen-stream verify refuses ${file}: ${`${stdout}${stderr}`.trim().slice(0, 400)}`);
}

export function noHalfFile(cell: Cell): void {
  const files = readdirSync(cell.setting.files).filter((name) => name.includes(FILE));
  if (files.length > 0) throw new Error(`of the save that failed there is left: ${files.join(', ')}`);
}

/** A save that stops in the middle of the suspended guest, because nobody reads what it writes. */
export async function stalledSave(cell: Cell, ...options: string[]) {
  const running = cell.start(cell.here, ['save', ...options, cell.name, '-'], { stdout: 'unread' });
  await cell.eventually('the guest is suspended', async () => (await cell.only(cell.here)).shutdown);
  return running;
}

export const SAVE: readonly Scenario[] = scenariosOf('save', [
  {
    variant: 'fault-free',
    quick: true,
    async run(cell) {
      await cell.create();
      await cell.runsAt(cell.here);
      const file = await saved(cell);
      const before = readFileSync(file);
      await cell.succeeds(cell.here, 'restore', '-e', file);
      await cell.runsAt(cell.here);
      if (!readFileSync(file).equals(before)) throw new Error('the restore changed the file');
    },
  },
  {
    variant: 'restored on another host, and saved again',
    async run(cell) {
      await cell.create();
      await cell.succeeds(cell.there, 'restore', '-e', await saved(cell));
      await cell.runsAt(cell.there);
      await cell.succeeds(cell.here, 'restore', '-e', await saved(cell, cell.there));
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'on a busy hypervisor',
    async run(cell) {
      const busy = await cell.openHost({ name: 'busy', interference: INTERFERENCE });
      await cell.create(busy);
      const file = await saved(cell, busy);
      await cell.succeeds(busy, 'restore', '-e', file);
      await cell.isWell(busy, (await cell.only(busy)).domid);
    },
  },
  {
    variant: 'disk full: the guest runs on',
    lacks: lacksNamespaces,
    async run(cell) {
      await cell.create();
      const running = onSmallDisk(cell, cell.here, (folder) => ['save', cell.name, `${folder}/${FILE}`]);
      await cell.fails(running, /ENOSPC|no space/i);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'its reader goes away: the guest runs on',
    async run(cell) {
      await cell.create();
      const running = await stalledSave(cell);
      running.process.stdout?.destroy();
      await cell.fails(running, /EPIPE|broken pipe/i);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'Ctrl-C: the guest runs on',
    async run(cell) {
      await cell.create();
      const running = await stalledSave(cell);
      running.process.kill('SIGINT');
      const { code } = await running.result;
      if (code === 0) throw new Error('it succeeded, and was interrupted');
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'kill -9: the guest runs on',
    quick: true,
    async run(cell) {
      await cell.create();
      await cell.kill(await stalledSave(cell));
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'kill -9 at any moment: a whole file, or the guest',
    async run(cell) {
      await cell.create();
      const running = cell.start(cell.here, ['save', cell.name, cell.file(FILE)]);
      await new Promise((resolve) => setTimeout(resolve, cell.choices.between(100, 900)));
      await cell.kill(running);
      const whole = await cell.eventually('the guest, or its file', async () => {
        if (readdirSync(cell.setting.files).some((name) => name.endsWith('.part'))) return undefined;
        const domains = await cell.domains(cell.here);
        const [domain] = domains;
        if (domains.length === 0 && readdirSync(cell.setting.files).includes(FILE)) return 'file';
        return domains.length === 1 && domain?.shutdown === false && !domain.paused ? 'guest' : undefined;
      });
      if (whole === 'file') await cell.succeeds(cell.here, 'restore', '-e', cell.file(FILE));
      else noHalfFile(cell);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'the device model dies: the guest runs on',
    suits: hasDeviceModel,
    async run(cell) {
      const domid = await cell.create();
      cell.here.killDeviceModels();
      await cell.fails(cell.start(cell.here, ['save', cell.name, cell.file(FILE)]), /device model/);
      noHalfFile(cell);
      const vm = await cell.only(cell.here);
      if (vm.shutdown || vm.paused || vm.domid !== domid) throw new Error('the guest does not run on');
    },
  },
  {
    variant: 'restore of a truncated file',
    quick: true,
    async run(cell) {
      await cell.create();
      const file = await saved(cell);
      truncated(cell, file, cell.file('cut.save'));
      await cell.fails(cell.start(cell.here, ['restore', '-e', cell.file('cut.save')]), /offset \d+: .*the input ends/);
      await cell.nothingAt(cell.here);
      await cell.succeeds(cell.here, 'restore', '-e', file);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'restore of a damaged file',
    async run(cell) {
      await cell.create();
      const file = await saved(cell);
      const at = await withUnknownRecord(cell, file, cell.file('damaged.save'));
      const running = cell.start(cell.here, ['restore', '-e', cell.file('damaged.save')]);
      await cell.fails(running, new RegExp(`record \\d+ .*offset ${at}\\)`));
      await cell.nothingAt(cell.here);
    },
  },
  {
    variant: 'restore where there is no room',
    async run(cell) {
      await cell.create();
      const file = await saved(cell);
      await cell.fill(cell.here, 8);
      await cell.fails(cell.start(cell.here, ['restore', '-e', file]), /ERROR_NOMEM/);
      await cell.nothingAt(cell.here);
      await cell.unfill(cell.here);
      await cell.succeeds(cell.here, 'restore', '-e', file);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'restore killed by -9: nothing is left',
    async run(cell) {
      await cell.create();
      const file = await saved(cell);
      const running = cell.start(cell.here, ['restore', '-e', file]);
      await cell.eventually('it is being restored', async () => {
        return running.process.exitCode !== null || (await cell.domains(cell.here)).length > 0;
      });
      await new Promise((resolve) => setTimeout(resolve, cell.choices.between(0, 30)));
      await cell.kill(running);
      const state = await cell.eventually('no domain, or one that runs', async () => {
        const [domain] = await cell.domains(cell.here);
        if (domain === undefined) return 'none';
        return domain.name === cell.name && !domain.paused ? 'runs' : undefined;
      });
      if (state === 'none') {
        await cell.nothingAt(cell.here);
        await cell.succeeds(cell.here, 'restore', '-e', file);
      }
      await cell.runsAt(cell.here);
      rmSync(file);
    },
  },
]);
