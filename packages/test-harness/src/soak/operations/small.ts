import { copiesOf, describe, workDone } from '../invariant.js';
import type { Task } from '../task.js';
import { chooseFault, endOf, type Operation } from './operation.js';

/** Pages that a guest writes in a second. */
const RATES = [200, 1000, 3000] as const;

export const PAUSE: Operation = {
  name: 'pause, unpause',
  weight: 1,
  of: 'running',
  async run(task) {
    const { guest } = task;
    await task.succeeds(guest.host, 'pause', guest.name);
    const [copy] = await copiesOf(task.field, guest);
    if (copy?.domain.paused !== true) throw new Error('it is to be paused, and is not');
    await task.succeeds(guest.host, 'unpause', guest.name);
    return { hosts: [guest.host] };
  },
};

export const RENAME: Operation = {
  name: 'rename',
  weight: 1,
  of: 'running',
  async run(task) {
    const { guest } = task;
    const fault = chooseFault(task, ['kill -9 of the command'] as const);
    const names = [guest.name, `${guest.name.replace(/-as-\d+$/, '')}-as-${task.number}`] as const;
    const running = task.start(guest.host, ['rename', ...names]);
    const { code } = await endOf(task, running, fault);
    if (code === 0) {
      guest.name = names[1];
      return { hosts: [guest.host] };
    }
    // It has the one name or the other, and the host may still have the request for the other before it: it is asked again.
    await workDone(task.variable);
    const domain = await guest.domain();
    if (!names.some((name) => name === domain?.name)) throw new Error(`it is called ${domain?.name}`);
    await task.succeeds(guest.host, 'rename', String(domain?.domid), names[1]);
    guest.name = names[1];
    return { hosts: [guest.host] };
  },
};

/** Destroys it and creates it anew, on one of the hosts. */
export const REPLACE: Operation = {
  name: 'destroy, create',
  weight: 1,
  of: 'running',
  async run(task) {
    const { guest } = task;
    await task.succeeds(guest.host, 'destroy', guest.name);
    const copies = await copiesOf(task.field, guest);
    if (copies.length > 0) throw new Error(`it was destroyed, and is there: ${describe(copies)}`);
    return { hosts: [await createAnew(task)] };
  },
};

/** @returns where */
export async function createAnew(task: Task) {
  const { guest, choices, field } = task;
  const host = choices.one(field.hosts);
  const domid = await task.createGuest(host, guest.column, {
    name: guest.name,
    memoryMib: field.memoryMib,
    vcpus: choices.between(1, 2),
    rate: choices.one(RATES),
  });
  guest.uuid = (await task.packages.libxl.domainSummary(host.host, domid)).uuid;
  guest.writes = 0;
  return host;
}
