import { existsSync } from 'node:fs';
import type { Cell } from '../cell.js';
import { GUEST_MEMORY_MIB } from '../guests.js';
import type { RunningCommand } from '../host/run-command.js';
import { LINK_MOMENTS, type LinkFault, type LinkMoment } from '../link/faults.js';
import { hasDeviceModel, type Scenario, scenariosOf } from '../scenario.js';
import { INTERFERENCE } from './save.js';

const MIB = 2 ** 20;
const LOCALHOST = 'localhost';
/** What `xl migrate` calls the other host; the link leads there whatever it is called. */
const TARGET = 'there';

/** Before the receiver is told to go: the guest runs on at its source. */
const EARLY: readonly LinkMoment[] = ['banner', 'header', 'memory', 'ready'];

/** Somewhere in the memory; some of a guest's pages are never written and not sent. */
function someBytes(cell: Cell): number {
  return cell.choices.between(MIB / 16, 3 * MIB);
}

export function linkFault(cell: Cell, at: LinkMoment, what: LinkFault['what']): LinkFault {
  return at === 'memory' ? { at, what, afterBytes: someBytes(cell) } : { at, what };
}

/** The arguments of a migration to the other host. */
function toThere(cell: Cell, fault?: LinkFault, ...options: string[]): string[] {
  return ['migrate', '-e', ...options, '-s', cell.linkTo(cell.there, fault), cell.name, TARGET];
}

function atMoment(at: LinkMoment, what: LinkFault['what'], title: string): Omit<Scenario, 'operation'> {
  return {
    variant: `${title}: the source runs on`,
    quick: at === 'memory' && what === 'cut',
    async run(cell) {
      await cell.create();
      await cell.fails(cell.start(cell.here, toThere(cell, linkFault(cell, at, what))), /Migration failed/);
      await cell.runsAt(cell.here);
      // And it can still be migrated.
      await cell.succeeds(cell.here, ...toThere(cell));
      await cell.runsAt(cell.there);
    },
  };
}

/** Ends when the sender tells of that event. */
async function killAt(cell: Cell, args: readonly string[], event: RegExp): Promise<void> {
  let said = '';
  let seen: () => void = () => {};
  const reached = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const running: RunningCommand = cell.start(cell.here, args, {
    onOutput: (text) => {
      said += text;
      if (event.test(said)) seen();
    },
  });
  await Promise.race([reached, running.result]);
  await cell.kill(running);
}

/** One guest runs, here or there, and the other host has nothing. */
export async function runsSomewhere(cell: Cell): Promise<void> {
  const where = await cell.eventually('one guest runs, at one of both', async () => {
    const [here, there] = [await cell.domains(cell.here), await cell.domains(cell.there)];
    const all = [...here, ...there];
    const [vm] = all;
    const alone = all.length === 1 && vm?.name === cell.name && !vm.shutdown && !vm.paused;
    return alone ? (here.length === 1 ? cell.here : cell.there) : undefined;
  });
  await cell.runsAt(where);
}

/** Where only the target's word says whether it runs: the source is kept suspended, under another name. */
async function expectAway(cell: Cell): Promise<number> {
  const { domid, name, shutdownReason } = await cell.only(cell.here);
  if (name !== `${cell.name}--migratedaway` || shutdownReason !== 'suspend') {
    throw new Error(`the source is to be suspended as ${cell.name}--migratedaway: it is ${name}, ${shutdownReason}`);
  }
  return domid;
}

export const MIGRATE: readonly Scenario[] = scenariosOf('migrate', [
  {
    variant: 'fault-free, to localhost',
    quick: true,
    async run(cell) {
      const before = await cell.create();
      await cell.succeeds(cell.here, 'migrate', '-e', cell.name, LOCALHOST);
      await cell.runsAt(cell.here);
      if ((await cell.only(cell.here)).domid === before) throw new Error('it is still the domain that it was');
    },
  },
  {
    variant: 'fault-free, to another host and back',
    async run(cell) {
      await cell.create();
      await cell.succeeds(cell.here, ...toThere(cell));
      await cell.runsAt(cell.there);
      await cell.succeeds(cell.there, 'migrate', '-e', '-s', cell.linkTo(cell.here), cell.name, 'here');
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'of a guest that writes without pause',
    async run(cell) {
      await cell.create(cell.here, { rate: 0 });
      await cell.succeeds(cell.here, 'migrate', '-e', cell.name, LOCALHOST);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'on busy hypervisors',
    async run(cell) {
      const busy = await cell.openHost({ name: 'busy', interference: INTERFERENCE });
      await cell.create(busy);
      await cell.succeeds(busy, 'migrate', '-e', cell.name, LOCALHOST);
      await cell.isWell(busy, (await cell.only(busy)).domid);
    },
  },
  {
    variant: 'compressed, over three connections that break and are taken up again',
    async run(cell) {
      await cell.create();
      const fault: LinkFault = { at: 'memory', what: 'cut', afterBytes: cell.choices.between(600, 2000) };
      const link = cell.linkTo(cell.there, fault, { once: cell.file('broke-once'), record: false });
      const options = ['--compress', '--streams', '3', '--bandwidth', '4', '-s', link];
      await cell.succeeds(cell.here, 'migrate', '-e', ...options, cell.name, TARGET);
      if (!existsSync(cell.file('broke-once'))) throw new Error('no connection broke: nothing was seen');
      await cell.runsAt(cell.there);
    },
  },
  ...EARLY.map((at) => atMoment(at, 'cut', `the link breaks ${LINK_MOMENTS[at]}`)),
  ...EARLY.slice(1).map((at) => atMoment(at, 'kill-receiver', `the receiver is killed ${LINK_MOMENTS[at]}`)),
  {
    variant: `the link breaks ${LINK_MOMENTS.go}: the source is kept, and can go on`,
    async run(cell) {
      await cell.create();
      await cell.fails(cell.start(cell.here, toThere(cell, { at: 'go', what: 'cut' })), /final handshake/);
      const domid = await expectAway(cell);
      // The target was never told: it has given the guest back.
      await cell.nothingAt(cell.there);
      const { libxl } = cell.setting.packages;
      const problems = await libxl.ensureRunning(cell.here.host, domid, true);
      if (problems.length > 0) throw new Error(`it can't go on: ${problems.join('; ')}`);
      await libxl.renameDomain(cell.here.host, domid, cell.name);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: `the link breaks ${LINK_MOMENTS.report}: it runs there alone`,
    quick: true,
    async run(cell) {
      await cell.create();
      await cell.fails(cell.start(cell.here, toThere(cell, { at: 'report', what: 'cut' })), /final handshake/);
      const domid = await expectAway(cell);
      const vm = await cell.eventually('it runs there', async () => {
        const [domain] = await cell.domains(cell.there);
        return domain?.name === cell.name && !domain.paused && !domain.shutdown ? domain : undefined;
      });
      await cell.isWell(cell.there, vm.domid);
      await cell.setting.packages.libxl.destroyDomain(cell.here.host, domid);
      await cell.runsAt(cell.there);
    },
  },
  ...(
    [
      ['before the first page', /"state":"greeted"/],
      ['while memory flows', /"event":"progress"/],
      ['as the guest is asked to suspend', /"event":"suspending"/],
      ['as the guest is suspended', /"event":"suspended"/],
      ['as the target has acknowledged', /"state":"acknowledged"/],
      ['as the target is told to go', /"step":"giving-permission"/],
    ] as const
  ).map(
    ([when, event]): Omit<Scenario, 'operation'> => ({
      variant: `the sender is killed ${when}: one guest runs`,
      async run(cell) {
        await cell.create();
        await killAt(cell, toThere(cell, undefined, '--events', 'json'), event);
        await runsSomewhere(cell);
      },
    }),
  ),
  {
    variant: 'Ctrl-C while memory flows: the source runs on',
    async run(cell) {
      await cell.create();
      const running = cell.start(cell.here, toThere(cell, undefined, '--bandwidth', '2'));
      await cell.eventually('it is being received', async () => (await cell.domains(cell.there)).length === 1);
      running.process.kill('SIGINT');
      const { code } = await running.result;
      if (code === 0) throw new Error('it succeeded, and was interrupted');
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'no room at the target: the source runs on',
    async run(cell) {
      await cell.create();
      await cell.fill(cell.there, GUEST_MEMORY_MIB / 2);
      await cell.fails(cell.start(cell.here, toThere(cell)), /Migration failed/);
      await cell.runsAt(cell.here);
    },
  },
  {
    variant: 'the device model dies while memory flows: the source runs on',
    suits: hasDeviceModel,
    async run(cell) {
      const domid = await cell.create();
      const running = cell.start(cell.here, toThere(cell, undefined, '--bandwidth', '2'));
      await cell.eventually('it is being received', async () => (await cell.domains(cell.there)).length === 1);
      cell.log(`[kill -9 of ${cell.here.killDeviceModels()} device model]`);
      await cell.fails(running, /device model/);
      const vm = await cell.only(cell.here);
      if (vm.shutdown || vm.paused || vm.domid !== domid) throw new Error('the guest does not run on');
      await cell.nothingAt(cell.there);
    },
  },
]);
