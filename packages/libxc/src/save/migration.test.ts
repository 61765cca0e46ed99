import { ByteReader, byteSource, MemorySink } from '@xen-migration/stream-format';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { saveDomain } from './index.js';

let here: TestHost;
let there: TestHost;
const guests: TestGuest[] = [];

beforeEach(async () => {
  [here, there] = [await testHost(11), await testHost(23)];
});

afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.leave();
  await here.close();
  await there.close();
});

test.each([
  ['pv', false],
  ['pv', true],
  ['hvm', false],
  ['hvm', true],
] as const)('%s, live %s: a writing guest comes over whole, checks itself and goes on', async (kind, live) => {
  const options = { kind, memoryKib: 32 * 1024, vcpus: 2 };
  const guest = await TestGuest.build(here, { ...options, cmdline: 'working-set=8M ptchurn=on rate=20000' });
  guests.push(guest);
  await guest.start();

  const sink = new MemorySink();
  const { hypervisor } = here;
  const callbacks = guest.callbacks();
  const saved = await saveDomain({ hypervisor, domid: guest.domid, sink, live, debug: false, callbacks });
  expect(saved.bytesWritten).toBe(sink.bytes().length);
  expect(saved.cleanupErrors).toEqual([]);
  expect(saved.iterations).toBeGreaterThan(live ? 1 : 0);
  expect(callbacks.qemuLogdirty).toEqual(kind === 'hvm' ? [true, false] : []);

  const reader = new ByteReader(byteSource(sink.bytes()));
  const { guest: moved, result } = await TestGuest.restore(there, options, { reader });
  guests.push(moved);
  expect(result.warnings).toEqual([]);
  await moved.run();
  await moved.says(/resumed on \d+, all \d+ pages intact[\s\S]*writes, 0 lost/);
});
