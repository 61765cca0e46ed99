import { existsSync, rmSync } from 'node:fs';
import { truncated } from '../../matrix/scenarios/damage.js';
import { lacksNamespaces, onSmallDisk } from '../../matrix/scenarios/full-disk.js';
import { isValid } from '../../matrix/scenarios/save.js';
import { SIGNAL_FAULTS } from '../faults.js';
import type { Task } from '../task.js';
import { chooseFault, endOf, type Operation } from './operation.js';

const DISK_FULL = 'the disk is full';
const CUT_OFF = 'the file is cut off';
const CHECKPOINT = 'checkpoint.save';
const CHAIN = ['base', 'increment-1', 'increment-2'] as const;

/** Where this user can't make a small disk it is never full. */
const saveFaults = () => [...SIGNAL_FAULTS, ...(lacksNamespaces() === undefined ? ([DISK_FULL] as const) : [])];

async function onFullDisk(task: Task, ...options: string[]): Promise<void> {
  const { guest } = task;
  const running = onSmallDisk(task, guest.host, (folder) => ['save', ...options, guest.name, `${folder}/guest.save`]);
  await task.fails(running, /ENOSPC|no space/i);
}

export const SAVE: Operation = {
  name: 'save',
  weight: 3,
  of: 'running',
  async run(task) {
    const { guest } = task;
    const { host } = guest;
    const fault = chooseFault(task, saveFaults());
    if (fault === DISK_FULL) {
      await onFullDisk(task);
      return { hosts: [host] };
    }
    const running = task.start(host, ['save', guest.name, guest.file]);
    const { code } = await endOf(task, running, fault);
    if (code === 0) return { hosts: [], saved: true };
    // It has said itself that it failed.
    if (code === 1) return { hosts: [host] };
    return { hosts: [host], saved: true };
  },
  async afterwards(task, place) {
    if (place === 'file') await isValid(task, task.guest.file);
  },
};

export const RESTORE: Operation = {
  name: 'restore',
  weight: 1,
  of: 'saved',
  async run(task) {
    const { guest, choices, field } = task;
    const host = choices.one(field.hosts);
    const fault = chooseFault(task, [...SIGNAL_FAULTS, CUT_OFF]);
    if (fault === CUT_OFF) {
      const cut = task.file('cut.save');
      truncated(task, guest.file, cut);
      await task.fails(task.start(host, ['restore', '-e', cut]), /offset \d+: .*the input ends/);
      return { hosts: [], saved: true, fileStays: true };
    }
    const waits = choices.happens(0.5) ? ['-e'] : [];
    const running = task.start(host, ['restore', ...waits, guest.file]);
    const { code } = await endOf(task, running, fault);
    if (code === 0) return { hosts: [host], fileStays: true };
    if (code === 1) return { hosts: [], saved: true, fileStays: true };
    return { hosts: [host], saved: true, fileStays: true };
  },
  async afterwards({ guest }, place) {
    if (place !== 'file') rmSync(guest.file);
  },
};

export const SAVE_CHECKPOINT: Operation = {
  name: 'checkpoint',
  weight: 2,
  of: 'running',
  async run(task) {
    const { guest, choices } = task;
    const { host } = guest;
    const fault = chooseFault(task, saveFaults());
    if (fault === DISK_FULL) {
      await onFullDisk(task, '-c');
      return { hosts: [host] };
    }
    const paused = fault === 'none' && choices.happens(0.3);
    const running = task.start(host, ['save', paused ? '-p' : '-c', guest.name, guest.fileOf(CHECKPOINT)]);
    const { code } = await endOf(task, running, fault);
    if (paused) await task.succeeds(host, 'unpause', guest.name);
    if (code === 0 && !existsSync(guest.fileOf(CHECKPOINT))) throw new Error('it succeeded, and there is no file');
    return { hosts: [host], otherFiles: [CHECKPOINT] };
  },
  async afterwards(task) {
    const file = task.guest.fileOf(CHECKPOINT);
    if (!existsSync(file)) return;
    await isValid(task, file);
    rmSync(file);
  },
};

export const SAVE_CHAIN: Operation = {
  name: 'base, two increments, restore of all',
  weight: 1,
  of: 'running',
  async run(task) {
    const { guest, choices, field } = task;
    const { host } = guest;
    const [base, first, second] = CHAIN.map((name) => guest.fileOf(name)) as [string, string, string];
    await task.succeeds(host, 'save', '--base', guest.name, base);
    await task.succeeds(host, 'save', `--incremental=${base}`, guest.name, first);
    await task.succeeds(host, 'save', `--incremental=${first}`, guest.name, second);
    await task.succeeds(host, 'destroy', guest.name);
    const to = choices.one(field.hosts);
    await task.succeeds(to, 'restore', '-e', `--chain=${base},${first}`, second);
    return { hosts: [to], otherFiles: CHAIN };
  },
  async afterwards({ guest }) {
    for (const name of CHAIN) rmSync(guest.fileOf(name));
  },
};
