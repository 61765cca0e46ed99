import { ByteReader, byteSource, MemorySink } from '@xen-migration/stream-format';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SHUTDOWN } from '../hypervisor/hypervisor.js';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { type SaveOptions, saveDomain } from './index.js';

const [MEMORY, TARGET] = [12 * 1024, 8 * 1024];
const SHAPE = { memoryKib: MEMORY, targetKib: TARGET } as const;
const WORDS = 'working-set=1M rate=3000';

let host: TestHost;
const guests: TestGuest[] = [];
beforeAll(async () => {
  host = await testHost(89, 96);
});
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.destroy();
});
afterAll(() => host.close());

async function built(kind: 'hvm' | 'pvh', words: string): Promise<TestGuest> {
  const guest = await TestGuest.build(host, { kind, ...SHAPE, cmdline: `${WORDS} ${words}` });
  guests.push(guest);
  return guest;
}

async function saved(guest: TestGuest, changes: Partial<SaveOptions>) {
  const sink = new MemorySink();
  const { hypervisor } = host;
  const callbacks = guest.callbacks();
  await saveDomain({ hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks, ...changes });
  return sink.bytes();
}

test.each(['hvm', 'pvh'] as const)(
  'a %s guest that is promised more than it has is refused, live or not, and loses nothing by it',
  async (kind) => {
    const guest = await built(kind, 'balloon=4M');
    const before = await host.hypervisor.podTarget(guest.domid);
    expect(before.entries).toBeGreaterThan(before.cachePages);
    for (const live of [true, false]) {
      await expect(saved(guest, { live })).rejects.toMatchObject({
        code: 'POPULATE_ON_DEMAND',
        phase: 'setup',
        message: expect.stringContaining(`${before.entries} pages to be populated on demand`),
        cleanupErrors: [],
      });
    }
    expect(await host.hypervisor.podTarget(guest.domid)).toEqual(before);

    // Its balloon driver gives back what it was promised too much: now there is a frame for whatever is used.
    await guest.start();
    const after = await host.hypervisor.podTarget(guest.domid);
    expect(after.entries).toBeLessThanOrEqual(after.cachePages);
    const stream = await saved(guest, {});
    const reader = new ByteReader(byteSource(stream));
    const { guest: moved } = await TestGuest.restore(host, { kind, memoryKib: MEMORY }, { reader });
    guests.push(moved);
    await moved.run();
    await moved.says(/resumed on \d+, all \d+ pages intact[\s\S]* 0 lost/);
    expect(await host.hypervisor.podTarget(moved.domid)).toEqual({ entries: 0, cachePages: 0 });
  },
);

test('on this host as on Xen, one that uses more than it has dies of it; nothing of the host is lost', async () => {
  const free = host.host.state.machine.freeFrames;
  const guest = await built('hvm', '');
  expect((await host.hypervisor.domainInfo(guest.domid)).totalPages).toBeLessThan(TARGET / 4 + 64);
  await expect(guest.start()).rejects.toThrow('the guest is down');
  expect(await host.hypervisor.domainInfo(guest.domid)).toMatchObject({ shutdownReason: SHUTDOWN.crash });
  expect(host.host.state.log.contents()).toContain('out of populate-on-demand memory');
  await guests.pop()!.destroy();
  expect(host.host.state.machine.freeFrames).toBe(free);
});

test('asking for types uses an entry; giving memory back takes entries first, and fills the cache', async () => {
  const domid = await host.newDomain('hvm', MEMORY);
  const { hypervisor } = host;
  const pfns = Float64Array.from({ length: 100 }, (_, i) => i);
  const free = host.host.state.machine.freeFrames;
  expect(await hypervisor.populateOnDemand(domid, pfns, 0)).toBe(100);
  expect(await hypervisor.maximumGpfn(domid)).toBe(99);
  await hypervisor.setPodTarget(domid, 60);
  expect(await hypervisor.podTarget(domid)).toEqual({ entries: 100, cachePages: 60 });
  expect(free - host.host.state.machine.freeFrames).toBe(60);
  expect([...(await hypervisor.pageTypes(domid, pfns.subarray(0, 30)))].every((type) => type === 0)).toBe(true);
  const mapping = await hypervisor.mapForeign(domid, pfns.subarray(30, 40), 'write');
  expect([...mapping.errors].every((errno) => errno === 0)).toBe(true);
  expect(mapping.page(0).every((byte) => byte === 0)).toBe(true);
  await mapping.unmap();
  expect(await hypervisor.podTarget(domid)).toEqual({ entries: 60, cachePages: 20 });
  // An entry, and a page: the page's frame goes to the entries that lack one.
  expect(await hypervisor.decreaseReservation(domid, Float64Array.of(99, 0))).toBe(2);
  expect(await hypervisor.podTarget(domid)).toEqual({ entries: 59, cachePages: 21 });
  await hypervisor.setPodTarget(domid, 50);
  expect(await hypervisor.podTarget(domid)).toEqual({ entries: 59, cachePages: 11 });
  // Memory that is there is not made to be populated, and entries give way to memory.
  expect(await hypervisor.populateOnDemand(domid, Float64Array.of(1), 0)).toBe(0);
  await hypervisor.populatePhysmap(domid, Float64Array.of(50), 0);
  expect(await hypervisor.podTarget(domid)).toEqual({ entries: 58, cachePages: 11 });
  await expect(hypervisor.setPodTarget(domid, 10 ** 7)).resolves.toBeUndefined();
  expect(await hypervisor.podTarget(domid)).toEqual({ entries: 58, cachePages: 58 });
  await hypervisor.destroyDomain(domid);
  expect(host.host.state.machine.freeFrames).toBe(free + 2);
});
