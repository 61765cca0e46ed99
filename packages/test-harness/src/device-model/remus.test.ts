import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checkRemusInfo,
  type DomainRemusInfo,
  destroyDomain,
  domainSummary,
  type LibxlDomainConfig,
  type ReceivedDomain,
  type ReplicateEvent,
  type ReplicationEnd,
  receiveMigration,
  replicateDomain,
} from '@xen-migration/libxl';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectionPair } from './connection-pair.js';
import { DeviceModelHost } from './dm-host.js';
import { type TestModel, traditional, upstream } from './models.js';
import { testQemu } from './qemu.js';
import { writeTraditionalStarter } from './traditional/starter.js';

const qemu = testQemu();
if ('missing' in qemu) process.stderr.write(`replication with a QEMU is skipped: ${qemu.missing}\n`);
const files = mkdtempSync(join(tmpdir(), 'dm-remus-'));
const INFO: DomainRemusInfo = { interval: 20, allow_unsafe: 'True', netbuf: 'False', diskbuf: 'False' };

interface Guest {
  readonly what: string;
  readonly config: LibxlDomainConfig;
  readonly model: TestModel | undefined;
}

const models = [traditional(writeTraditionalStarter(files)), ...('binary' in qemu ? [upstream(qemu.binary)] : [])];
const guests: Guest[] = [
  {
    what: 'a PV guest',
    config: {
      c_info: { type: 'pv', name: 'vm' },
      b_info: {
        max_vcpus: 1,
        max_memkb: 16384,
        target_memkb: 16384,
        kernel: 'builtin:selfcheck',
        cmdline: 'rate=2000',
      },
    },
    model: undefined,
  },
  ...models.map((model) => ({ what: `an HVM guest with ${model.version}`, config: model.config('vm'), model })),
];

let source: DeviceModelHost;
let backup: DeviceModelHost;
beforeAll(async () => {
  source = await DeviceModelHost.open();
  backup = await DeviceModelHost.open();
});
afterEach(async () => {
  for (const host of [source, backup]) {
    await host.clear();
    expect(await host.leftovers()).toEqual([]);
  }
});
afterAll(async () => {
  await source?.close();
  await backup?.close();
  rmSync(files, { recursive: true, force: true });
});

/** A guest that can be suspended: it has said where. */
async function bootedGuest({ config }: Guest): Promise<number> {
  const domid = await source.guest(config);
  const port = `/local/domain/${domid}/device/suspend/event-channel`;
  await expect.poll(() => source.host.xenstore.read(port).catch(() => ''), { timeout: 20_000 }).toMatch(/^\d+$/);
  return domid;
}

interface Outcome {
  readonly end: ReplicationEnd;
  readonly received: ReceivedDomain | Error;
}

async function replicate(domid: number, onEvent: (event: ReplicateEvent, cut: () => void) => void): Promise<Outcome> {
  const pair = connectionPair();
  const receiving = receiveMigration({ host: backup.host, connection: pair.receiver, remus: true })
    .catch((e: Error) => e)
    .finally(() => pair.receiverGone());
  const end = await replicateDomain({
    host: source.host,
    domid,
    connection: pair.sender,
    info: INFO,
    onEvent: (event) => onEvent(event, pair.cut),
  });
  return { end, received: await receiving };
}

async function expectRuns(on: DeviceModelHost, domid: number, { model }: Guest): Promise<void> {
  expect(await on.whyDown(domid)).toBeUndefined();
  expect(await domainSummary(on.host, domid)).toMatchObject({ name: 'vm', paused: false });
  expect(await on.getsOn(domid)).toBe(true);
  if (model !== undefined) expect(await model.isRunning(on.host, domid)).toBe(true);
}

describe.each(guests)('$what is replicated, and', (guest) => {
  it('goes on at its backup when it is destroyed', async () => {
    const domid = await bootedGuest(guest);
    let destroyed: Promise<void> | undefined;
    const { end, received } = await replicate(domid, (event) => {
      if (event.kind === 'checkpoint' && event.count === 3) destroyed = destroyDomain(source.host, domid);
    });
    await destroyed;
    expect(end).toMatchObject({ kind: 'source-destroyed', problems: [] });
    expect(end.checkpoints).toBeGreaterThanOrEqual(3);
    expect(received).toMatchObject({ name: 'vm' });
    await expectRuns(backup, (received as ReceivedDomain).domid, guest);
  });

  it('goes on without a backup when that is lost; so does the backup', async () => {
    const domid = await bootedGuest(guest);
    const { end, received } = await replicate(domid, (event, cut) => {
      if (event.kind === 'checkpoint' && event.count === 2) cut();
    });
    expect(end).toMatchObject({ kind: 'source-kept', checkpoints: 2, problems: [] });
    await expectRuns(source, domid, guest);
    await expectRuns(backup, (received as ReceivedDomain).domid, guest);
  });

  it('is nowhere else before the first checkpoint is whole', async () => {
    const domid = await bootedGuest(guest);
    const { end, received } = await replicate(domid, (event, cut) => {
      if (event.kind === 'suspended') cut();
    });
    expect(end).toMatchObject({ kind: 'source-kept', checkpoints: 0, problems: [] });
    expect(received).toBeInstanceOf(Error);
    await expectRuns(source, domid, guest);
    expect(await backup.leftovers()).toEqual([]);
  });
});

describe('what is asked of a replication', () => {
  it.each<[string, DomainRemusInfo, string]>([
    ['unsafe, and not allowed to be', { netbuf: 'False' }, 'ERROR_INVAL'],
    ['to nobody, and not allowed', { blackhole: 'True' }, 'ERROR_INVAL'],
    ['with network buffering', { allow_unsafe: 'True', diskbuf: 'False' }, 'ERROR_NI'],
    ['with disk replication', { allow_unsafe: 'True', netbuf: 'False' }, 'ERROR_NI'],
    ['compressed', { ...INFO, compression: 'True' }, 'ERROR_NI'],
    ['COLO', { ...INFO, colo: 'True' }, 'ERROR_NI'],
    ['without pause', { ...INFO, interval: 0 }, 'ERROR_INVAL'],
  ])('%s: is refused', (_what, info, code) => {
    expect(() => checkRemusInfo(info)).toThrow(expect.objectContaining({ code }));
  });

  it('has the default interval of libxl', () => {
    expect(checkRemusInfo({ ...INFO, interval: undefined } as DomainRemusInfo)).toBe(200);
  });
});
