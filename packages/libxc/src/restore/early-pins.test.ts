import { ByteReader, byteSource, isPinned, MemorySink, pageTableLevel } from '@xen-migration/stream-format';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HypervisorError } from '../hypervisor/errors.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { saveDomain } from '../save/index.js';
import { watched } from '../testing/faults.js';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { guestImageOf } from '../testing/streams.js';

const GUEST = { kind: 'pv', memoryKib: 16 * 1024 } as const;

let host: TestHost;
let stream: Uint8Array;
beforeAll(async () => {
  host = await testHost(83, 96);
  const guest = await TestGuest.build(host, { ...GUEST, cmdline: 'working-set=1M rate=500' });
  await guest.start();
  const sink = new MemorySink();
  const { hypervisor } = host;
  const callbacks = guest.callbacks();
  await saveDomain({ hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks });
  await guest.destroy();
  stream = sink.bytes();
});
afterAll(() => host.close());

/** Restores on that hypervisor and has the guest check its memory. @returns the types of its pages as the host knows them */
async function restoredTypes(hypervisor: Hypervisor): Promise<number[]> {
  const { guest } = await TestGuest.restore(host, GUEST, { hypervisor, reader: new ByteReader(byteSource(stream)) });
  const { domid } = guest;
  const known: number[] = [];
  host.host.state.machine.frames.forEachOwned(domid, (mfn) => known.push(mfn));
  const types: number[] = [];
  for (let from = 0; from < known.length; from += 1024) {
    const some = Float64Array.from(known.slice(from, from + 1024));
    types.push(...(await host.hypervisor.pageTypes(domid, some)));
  }
  await guest.run();
  await guest.says(/resumed on \d+, all \d+ pages intact/);
  await guest.destroy();
  return types;
}

const pinnedOf = (types: Iterable<number>) => [...types].filter(isPinned).length;

test('page tables are validated while the stream is read, and in the end those are pinned that were', async () => {
  const log: string[] = [];
  const hypervisor = watched(host.hypervisor, { before: (operation) => void log.push(operation) });
  const types = await restoredTypes(hypervisor);
  const { types: sent } = await guestImageOf(stream);
  expect([...sent.values()].filter((type) => pageTableLevel(type) === 1).length).toBeGreaterThan(4);
  expect(log.indexOf('mmuExt')).toBeGreaterThan(0);
  expect(log.indexOf('mmuExt')).toBeLessThan(log.indexOf('setVcpuContext'));
  expect(pinnedOf(types)).toBe(pinnedOf(sent.values()));
});

test.each([
  ['setVcpuContext', 'EINVAL'],
  ['setVcpuContext', 'EBUSY'],
  ['mmuExt', 'EINVAL'],
  ['mmuExt', 'EBUSY'],
] as const)('%s that fails in the end (%s) is asked again without the early pins', async (failing, code) => {
  let contexts = 0;
  let failed = 0;
  let unpinned = 0;
  const hypervisor = watched(host.hypervisor, {
    before(operation) {
      if (operation === 'setVcpuContext') contexts++;
      if (failed > 0 && operation === 'mmuExt') unpinned++;
      const atTheEnd = operation === failing && (failing === 'setVcpuContext' || contexts > 0);
      if (!atTheEnd || failed > 0) return;
      failed++;
      throw new HypervisorError(code, operation, undefined, 'the frame is in use as a level-1 table');
    },
  });
  await restoredTypes(hypervisor);
  expect(failed).toBe(1);
  expect(unpinned).toBeGreaterThan(0);
});
