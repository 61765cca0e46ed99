import { type ByteSink, MemorySink } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { BandwidthLimit, downtimePolicy, type PrecopyStats, SaveError, type SaveOptions, saveDomain } from './index.js';

let host: TestHost;
beforeAll(async () => {
  host = await testHost(43, 160);
});
afterAll(() => host.close());

const NOWHERE: ByteSink = { writev: async () => undefined };
const save = (guest: TestGuest, changes: Partial<SaveOptions>) =>
  saveDomain({
    hypervisor: host.hypervisor,
    domid: guest.domid,
    sink: NOWHERE,
    live: true,
    debug: false,
    callbacks: guest.callbacks(),
    ...changes,
  });

describe('a guest that writes without a pause', () => {
  let guest: TestGuest;
  beforeAll(async () => {
    guest = await TestGuest.build(host, { kind: 'hvm', memoryKib: 32 * 1024, cmdline: 'working-set=16M' });
    await guest.start();
  });
  afterAll(() => guest.destroy());

  test('is slowed down until it can be copied, and afterwards runs as fast as before', async () => {
    const before = { weight: 300, cap: 0 };
    await host.hypervisor.setSchedulerCredit(guest.domid, before);
    const rates: number[] = [];
    const saved = await save(guest, {
      bytesPerSecond: 100e6,
      autoConverge: { initial: 60, step: 30 },
      policy: (stats) => {
        if (stats.dirtyCount !== undefined && stats.lastPass !== undefined) {
          rates.push(stats.dirtyCount / stats.lastPass.ms);
        }
        return stats.iteration < 6 ? 'continue' : 'stop-and-copy';
      },
    });
    expect(saved.mostThrottled).toBeGreaterThanOrEqual(60);
    expect(await host.hypervisor.schedulerCredit(guest.domid)).toEqual(before);
    expect(saved.cleanupErrors).toEqual([]);
    await guest.resume();
  });

  test('a save that fails takes back the slowing down too', async () => {
    let asked = 0;
    const failing = save(guest, {
      bytesPerSecond: 100e6,
      autoConverge: {},
      policy: ({ iteration, dirtyCount }) =>
        iteration >= 4 && dirtyCount !== undefined && ++asked > 0 ? 'abort' : 'continue',
    });
    await expect(failing).rejects.toMatchObject({ code: 'POLICY_ABORT', cleanupErrors: [] });
    expect((await host.hypervisor.schedulerCredit(guest.domid)).cap).toBe(0);
  });

  test('a target that can not be reached ends as the policy says', async () => {
    // Not even by a guest that, on a busy machine, got no chance to write.
    const policy = downtimePolicy({ downtimeMs: -1, maxIterations: 3, otherwise: 'abort' });
    const error = await save(guest, { bytesPerSecond: 200e6, policy }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SaveError);
    expect(error).toMatchObject({ code: 'POLICY_ABORT', phase: 'precopy' });
  });

  test('policies learn what a pass did and how long it took', async () => {
    const seen: PrecopyStats[] = [];
    await save(guest, {
      policy: (stats) => {
        seen.push(stats);
        return stats.iteration < 2 ? 'continue' : 'stop-and-copy';
      },
    });
    await guest.resume();
    expect(seen.map(({ iteration, dirtyCount }) => [iteration, dirtyCount === undefined])).toEqual([
      [0, false],
      [1, true],
      [1, false],
      [2, true],
    ]);
    expect(seen[0]!.lastPass).toBeUndefined();
    const { lastPass } = seen[1]!;
    expect(lastPass!.pages).toBe(seen[0]!.dirtyCount);
    expect(lastPass!.bytes).toBeGreaterThan(32 * 2 ** 20);
    expect(lastPass!.ms).toBeLessThanOrEqual(seen[1]!.elapsedMs);
  });
});

test('a bandwidth limit holds back the passes while the guest runs, and not the last one', async () => {
  const guest = await TestGuest.build(host, { kind: 'pv', memoryKib: 16 * 1024, cmdline: 'working-set=64K rate=50' });
  await guest.start();
  const began = performance.now();
  let suspended = 0;
  const callbacks = guest.callbacks();
  const saved = await save(guest, {
    bytesPerSecond: 40e6,
    callbacks: {
      ...callbacks,
      async suspend() {
        suspended = performance.now();
        await callbacks.suspend();
      },
    },
  });
  // 16 MiB at 40 MB a second, 100 ms of which are free.
  expect(suspended - began).toBeGreaterThan(250);
  expect(saved.bytesWritten).toBeGreaterThan(16 * 2 ** 20);
  await guest.destroy();
});

test('the limit is a rate: what comes after a pause may not catch up', async () => {
  const sink = new MemorySink();
  const limited = new BandwidthLimit(sink, () => 1e6);
  const began = performance.now();
  for (let i = 0; i < 5; i++) await limited.writev([new Uint8Array(60_000)]);
  // 300 KB at 1 MB/s; 100 ms of them are free, and the last write need not wait for itself.
  expect(performance.now() - began).toBeGreaterThan(120);
  expect(sink.bytes().length).toBe(300_000);
  const cancel = new AbortController();
  const waiting = new BandwidthLimit(sink, () => 1, cancel.signal);
  await waiting.writev([new Uint8Array(1000)]);
  setTimeout(() => cancel.abort(), 20);
  await waiting.writev([new Uint8Array(1)]);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test('a guest with passed-through devices: live it is refused with the reason, otherwise saved', async () => {
  const options = { kind: 'hvm', memoryKib: 8 * 1024, cmdline: 'rate=100', passthrough: true } as const;
  const guest = await TestGuest.build(host, options);
  await guest.start();
  const error = await save(guest, {}).catch((e: unknown) => e);
  expect(error).toMatchObject({
    code: 'LOG_DIRTY',
    phase: 'precopy',
    message: expect.stringContaining('devices passed through'),
  });
  guest.forgetText();
  await guest.says(/ 0 lost/);
  await expect(save(guest, { live: false })).resolves.toMatchObject({ iterations: 1 });
  await guest.destroy();
});
