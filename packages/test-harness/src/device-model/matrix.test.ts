import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  destroyDomain,
  domainSummary,
  type Host,
  type LibxlDomainConfig,
  listDomains,
  type MigrateEvent,
  type MigrateReport,
  type MigrationError,
  migrateDomain,
  pauseDomain,
  type ReceivedDomain,
  type ReceiveEvent,
  receiveMigration,
  restoreFromFile,
  saveToFile,
} from '@xen-migration/libxl';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ConnectionPair, connectionPair } from './connection-pair.js';
import { DeviceModelHost } from './dm-host.js';
import { recordsOf, type TestModel, traditional, upstream } from './models.js';
import { testQemu } from './qemu.js';
import type { Fault } from './traditional/faults.js';
import { writeTraditionalStarter } from './traditional/starter.js';

const qemu = testQemu();
if ('missing' in qemu) process.stderr.write(`the matrix of qemu-upstream is skipped: ${qemu.missing}\n`);
const programs = mkdtempSync(join(tmpdir(), 'dm-programs-'));
const models: TestModel[] = [
  traditional(writeTraditionalStarter(programs)),
  ...('binary' in qemu ? [upstream(qemu.binary)] : []),
];

const PATIENCE = { timeout: 20_000 };

let source: DeviceModelHost;
let target: DeviceModelHost;
let files: string;
beforeAll(async () => {
  files = mkdtempSync(join(tmpdir(), 'dm-files-'));
  source = await DeviceModelHost.open();
  target = await DeviceModelHost.open();
});
afterEach(async () => {
  for (const host of [source, target]) {
    await host.clear();
    expect(await host.leftovers()).toEqual([]);
  }
});
afterAll(async () => {
  await source?.close();
  await target?.close();
  for (const directory of [files, programs]) rmSync(directory, { recursive: true, force: true });
});

/** Its vcpus get on, and so does its device model. */
async function expectRuns(model: TestModel, on: DeviceModelHost, domid: number, name: string): Promise<void> {
  const { host } = on;
  expect(await on.whyDown(domid)).toBeUndefined();
  expect(await domainSummary(host, domid)).toMatchObject({ name, paused: false });
  expect(await on.getsOn(domid)).toBe(true);
  await expect.poll(() => model.isRunning(host, domid), PATIENCE).toBe(true);
  for (const node of [`/libxl/${domid}/dm-logdirty`, `/local/domain/${domid}/control/shutdown`]) {
    expect(await host.xenstore.read(node).catch(() => '')).toBe('');
  }
}

interface Outcome {
  readonly sent: MigrateReport | MigrationError;
  readonly received: ReceivedDomain | Error;
}

interface MigrationSteps {
  readonly sender?: (event: MigrateEvent) => void;
  readonly receiver?: (event: ReceiveEvent) => void;
  readonly live?: boolean;
  /** Instead of the source's own. */
  readonly host?: Host;
  readonly config?: LibxlDomainConfig;
}

async function migrate(
  domid: number,
  steps: MigrationSteps,
  pair: ConnectionPair = connectionPair(),
): Promise<Outcome> {
  const receiving = receiveMigration({
    host: target.host,
    connection: pair.receiver,
    ...(steps.receiver === undefined ? {} : { onEvent: steps.receiver }),
  })
    .catch((e: Error) => e)
    .finally(() => pair.receiverGone());
  const sent = await migrateDomain({
    host: steps.host ?? source.host,
    domid,
    connection: pair.sender,
    suspendTimeoutMs: 10_000,
    ...(steps.live === undefined ? {} : { live: steps.live }),
    ...(steps.config === undefined ? {} : { config: steps.config }),
    ...(steps.sender === undefined ? {} : { onEvent: steps.sender }),
  }).catch((e: MigrationError) => e);
  return { sent, received: await receiving };
}

async function expectKept(model: TestModel, domid: number, outcome: Outcome, expected: Partial<MigrationError>) {
  expect(outcome.sent).toBeInstanceOf(Error);
  expect(outcome.sent).toMatchObject({ source: 'runs', ...expected });
  expect(outcome.received).toBeInstanceOf(Error);
  await expectRuns(model, source, domid, 'vm');
  expect(await target.leftovers()).toEqual([]);
}

describe.each(models)('an HVM guest with $version', (model) => {
  const faulty = (fault: Fault) => model.config('vm', { extra: ['-fault', fault] });

  describe('is saved and restored', () => {
    it('with the state of its device model, and again', async () => {
      const domid = await source.guest(model.config('vm'));
      const [process] = source.deviceModels();
      await model.mark(source.host, domid);
      const first = join(files, 'first');
      await saveToFile({ host: source.host, domid, to: first });
      expect(source.deviceModels()).not.toContain(process);
      expect(await source.leftovers()).toEqual([]);
      const saved = await recordsOf(first);
      expect(saved.types).toEqual(['LIBXC_CONTEXT', 'EMULATOR_CONTEXT', 'END']);
      expect(saved.states).toMatchObject([{ emulatorId: model.emulatorId, index: 0 }]);

      const restored = await restoreFromFile({ host: target.host, from: first });
      await expectRuns(model, target, restored.domid, 'vm');
      const second = join(files, 'second');
      await saveToFile({ host: target.host, domid: restored.domid, to: second });
      const again = await recordsOf(second);
      const marks = [saved, again].map(({ states }) => model.markOf(states.at(-1)?.data ?? new Uint8Array()));
      expect(marks[1]).toBe(marks[0]);
      const other = await source.guest(model.config('other'));
      await saveToFile({ host: source.host, domid: other, to: second });
      expect(model.markOf((await recordsOf(second)).states.at(-1)?.data ?? new Uint8Array())).not.toBe(marks[0]);
    });

    it('with what its device model keeps in xenstore', async () => {
      const { host } = source;
      const domid = await source.guest(model.config('vm'));
      const physmap = `/local/domain/0/device-model/${domid}/physmap/f0000000`;
      const nodes = { start_addr: 'f0000000', size: '800000', name: 'vga.vram' };
      for (const [name, value] of Object.entries(nodes)) await host.xenstore.write(`${physmap}/${name}`, value);
      const to = join(files, 'xenstore');
      await saveToFile({ host, domid, to });
      const { types, states } = await recordsOf(to);
      expect(types).toEqual(['LIBXC_CONTEXT', 'EMULATOR_XENSTORE_DATA', 'EMULATOR_CONTEXT', 'END']);
      expect(Buffer.from(states[0]?.data ?? []).toString()).toBe(
        Object.entries(nodes)
          .map(([name, value]) => `physmap/f0000000/${name}\0${value}\0`)
          .join(''),
      );
      const restored = await restoreFromFile({ host, from: to });
      const moved = physmap.replace(`/${domid}/`, `/${restored.domid}/`);
      for (const [name, value] of Object.entries(nodes))
        expect(await host.xenstore.read(`${moved}/${name}`)).toBe(value);
    });

    it.each(['resume', 'resume-paused'] as const)('and goes on where it was: %s', async (after) => {
      const { host } = source;
      const domid = await source.guest(model.config('vm'));
      await saveToFile({ host, domid, to: join(files, 'checkpoint'), after });
      if (after === 'resume-paused') await host.hypervisor.unpause(domid);
      await expectRuns(model, source, domid, 'vm');
    });

    it('paused: its device model waits as it does', async () => {
      const { host } = source;
      const domid = await source.guest(model.config('vm'));
      const to = join(files, 'paused');
      await saveToFile({ host, domid, to });
      const { domid: restored } = await restoreFromFile({ host, from: to, paused: true });
      if (model.version === 'qemu_xen') expect(await model.isRunning(host, restored)).toBe(false);
      expect(await domainSummary(host, restored)).toMatchObject({ paused: true });
    });

    it('a file that can not be written leaves both as they were', async () => {
      const { host } = source;
      const domid = await source.guest(model.config('vm'));
      await expect(saveToFile({ host, domid, to: '/dev/full' + '/x' })).rejects.toThrow();
      await expectRuns(model, source, domid, 'vm');
    });
  });

  describe('migrates', () => {
    it.each([true, false])('live: %s', async (live) => {
      const domid = await source.guest(model.config('vm'));
      await model.mark(source.host, domid);
      const { sent, received } = await migrate(domid, { live });
      expect(sent).toMatchObject({ problems: [] });
      expect(received).toMatchObject({ name: 'vm' });
      expect(await source.leftovers()).toEqual([]);
      await expectRuns(model, target, (received as ReceivedDomain).domid, 'vm');
      expect(target.deviceModels()).toHaveLength(1);
    });

    it('and back', async () => {
      const domid = await source.guest(model.config('vm'));
      const there = await migrate(domid, {});
      [source, target] = [target, source];
      const back = await migrate((there.received as ReceivedDomain).domid, {});
      expect(back.sent).toMatchObject({ problems: [] });
      await expectRuns(model, target, (back.received as ReceivedDomain).domid, 'vm');
      expect(await source.leftovers()).toEqual([]);
    });
  });

  describe('runs on at its source when the connection is lost', () => {
    /** When the sender, or the receiver, tells of that. */
    const steps: [string, (cut: () => void) => MigrationSteps][] = [
      ['at the greeting', (cut) => ({ sender: (e) => isState(e, 'greeted') && cut() })],
      ['as memory begins to flow', (cut) => ({ sender: (e) => e.kind === 'progress' && cut() })],
      ['as the target makes the domain', (cut) => ({ receiver: (e) => e.kind === 'made' && cut() })],
      ['as the guest is asked to suspend', (cut) => ({ sender: (e) => e.kind === 'suspending' && cut() })],
      ['as guest and device model are stopped', (cut) => ({ sender: (e) => e.kind === 'suspended' && cut() })],
      ['as the target starts the device model', (cut) => ({ receiver: (e) => e.kind === 'device-model' && cut() })],
      ['as the target is ready', (cut) => ({ receiver: (e) => isState(e, 'complete') && cut() })],
      ['as the target is told to go', (cut) => ({ sender: (e) => isState(e, 'acknowledged') && cut() })],
    ];
    it.each(steps)('%s', async (_when, stepsOf) => {
      const domid = await source.guest(model.config('vm'));
      const pair = connectionPair();
      const outcome = await migrate(domid, stepsOf(pair.cut), pair);
      await expectKept(model, domid, outcome, {});
    });
  });

  describe('runs on at its source when the target', () => {
    it('can not start its device model', async () => {
      const domid = await source.guest(model.config('vm'));
      const outcome = await migrate(domid, { config: model.config('vm', { device_model: '/bin/false' }) });
      await expectKept(model, domid, outcome, {});
      expect((outcome.received as Error).message).toMatch(
        /the device model of domain \d+ was not started: .*ended with status 1/,
      );
    });

    it('has a device model that dies before it may go', async () => {
      const domid = await source.guest(model.config('vm'));
      const killed = (e: ReceiveEvent) => {
        if (isState(e, 'waiting')) target.killDeviceModels();
      };
      const outcome = await migrate(domid, { receiver: killed });
      await expectKept(model, domid, outcome, { targetStatus: expect.any(Number) });
      expect((outcome.received as Error).message).toMatch(/the device model of domain \d+ (did not go on|has died)/);
    });
  });

  describe('runs on, and says so, when its own device model', () => {
    const moments: [string, (e: MigrateEvent) => boolean][] = [
      ['before the first page', (e) => isState(e, 'greeted')],
      ['while memory flows', (e) => e.kind === 'progress'],
      ['as the guest is asked to suspend', (e) => e.kind === 'suspending'],
    ];
    it.each(moments)('dies %s', async (_when, isIt) => {
      const domid = await source.guest(model.config('vm'));
      let done = false;
      const sender = (e: MigrateEvent) => {
        if (done || !isIt(e)) return;
        done = true;
        source.killDeviceModels();
      };
      const { sent, received } = await migrate(domid, { sender });
      expect(received).toBeInstanceOf(Error);
      // The guest itself runs, which is more than its device model does.
      const lack = expect.stringMatching(/the device model of domain \d+ (has died|did not )/);
      expect(sent).toMatchObject({ source: 'runs', details: { cleanup: [lack] } });
      expect((sent as Error).message).toMatch(/the device model of domain \d+ (has died|did not )/);
      expect(await domainSummary(source.host, domid)).toMatchObject({ name: 'vm', shutdown: false, paused: false });
      expect(await target.leftovers()).toEqual([]);
    });
  });

  if (model.version === 'qemu_xen_traditional') {
    describe('runs on, and says why, when qemu-dm', () => {
      it.each<[Fault, RegExp]>([
        ['silent-at-log-dirty', /did not switch log-dirty mode on: it did not answer 'enable' within 1 s/],
        ['wrong-log-dirty', /did not switch log-dirty mode on: it was told 'enable', and answered 'perhaps'/],
        ['dies-at-log-dirty', /has died: process \d+ has ended \(its last words: .*can not map the bitmap\)/],
        ['dies-at-save', /has died: process \d+ has ended \(its last words: .*no space left on device\)/],
        ['no-file-at-save', /did not leave its state: ENOENT/],
        ['wrong-state-at-save', /did not save its state: it is to be 'paused', and after 2 s it is 'confused'/],
      ])('is %s', async (fault, why) => {
        const domid = await source.guest(faulty(fault));
        const { sent, received } = await source.impatiently((host) => migrate(domid, { host }));
        expect(received).toBeInstanceOf(Error);
        expect((sent as Error).message).toMatch(why);
        expect(await domainSummary(source.host, domid)).toMatchObject({ shutdown: false, paused: false });
        expect(await target.leftovers()).toEqual([]);
      });

      it('is slow: it is waited for', async () => {
        const domid = await source.guest(faulty('slow'));
        const { sent, received } = await migrate(domid, {});
        expect(sent).toMatchObject({ problems: [] });
        await expectRuns(model, target, (received as ReceivedDomain).domid, 'vm');
      });
    });

    it.each<[Fault, RegExp]>([
      ['dies-at-start', /was not started: ended with status 1: .*can not open the display/],
      ['silent-at-start', /was not started: it is to be 'running', and after 2 s it says nothing of its state/],
    ])('is not made where qemu-dm is %s', async (fault, why) => {
      await source.impatiently((host) => expect(source.guest(faulty(fault), host)).rejects.toThrow(why));
      expect(await source.leftovers()).toEqual([]);
    });
  } else {
    it('runs on, and says why, when QEMU hangs; it goes on when QEMU does', async () => {
      const domid = await source.guest(model.config('vm'));
      const processes = source.deviceModels();
      for (const pid of processes) process.kill(pid, 'SIGSTOP');
      const { sent } = await source.impatiently((host) => migrate(domid, { host }));
      expect(sent).toMatchObject({ source: 'runs', code: 'ERROR_TIMEDOUT' });
      for (const pid of processes) process.kill(pid, 'SIGCONT');
      await expectRuns(model, source, domid, 'vm');
      expect((await migrate(domid, {})).sent).toMatchObject({ problems: [] });
    });

    it('runs on, and says why, when QEMU can not write its state', async () => {
      const domid = await source.guest(model.config('vm'));
      const inTheWay = join(source.host.stateDirectory, `qemu-save.${domid}`);
      mkdirSync(inTheWay);
      const { sent } = await migrate(domid, {});
      rmSync(inTheWay, { recursive: true });
      expect((sent as Error).message).toMatch(/the device model of domain \d+ did not save its state/);
      await expectRuns(model, source, domid, 'vm');
    });
  }

  it('its device model goes with it, however it goes', async () => {
    const domid = await source.guest(model.config('vm'));
    expect(source.deviceModels()).toHaveLength(1);
    await pauseDomain(source.host, domid);
    await destroyDomain(source.host, domid);
    expect(source.deviceModels()).toEqual([]);
    expect(await listDomains(source.host)).toEqual([]);
  });
});

function isState(event: MigrateEvent | ReceiveEvent, state: string): boolean {
  return event.kind === 'state' && event.state === state;
}
