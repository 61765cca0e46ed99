import { ByteReader, byteSource, MemorySink } from '@xen-migration/stream-format';
import { describe, expect, test } from 'vitest';
import { HypervisorError } from './hypervisor/errors.js';
import type { Hypervisor } from './hypervisor/hypervisor.js';
import { restoreDomain } from './restore/index.js';
import { saveDomain } from './save/index.js';
import { TestGuest } from './testing/guest.js';
import { testHost } from './testing/hosts.js';

/** Hosts that can't do at the moment what they are asked, do a part of it, or have no memory left. */

const KINDS = [
  ['pv', 'ptchurn=on p2m=linear'],
  ['pv', 'ptchurn=on p2m=tree'],
  ['pv32', 'ptchurn=on'],
  ['hvm', ''],
  ['pvh', ''],
] as const;

/** What the event channel driver does is no hypercall of that sort. */
const NEVER_BUSY: ReadonlySet<string> = new Set(['openEventChannels', 'close']);

/** Each call is answered EAGAIN, then EINTR, and done the third time; populating does half of what is asked. */
function busy(of: Hypervisor, asked: Map<string, number>): Hypervisor {
  return new Proxy(of, {
    get(target, name: string) {
      const method = target[name as keyof Hypervisor] as (...args: unknown[]) => Promise<unknown>;
      if (typeof method !== 'function' || NEVER_BUSY.has(name)) return method.bind(target);
      return async (...args: unknown[]) => {
        const turn = (asked.get(name) ?? 0) % 3;
        asked.set(name, (asked.get(name) ?? 0) + 1);
        if (turn < 2) throw new HypervisorError(turn === 0 ? 'EAGAIN' : 'EINTR', name, undefined, 'not now');
        if (name !== 'populatePhysmap') return method.apply(target, args);
        const [domid, pfns, order] = args as [number, Float64Array, number];
        return target.populatePhysmap(domid, pfns.subarray(0, Math.ceil(pfns.length / 2)), order);
      };
    },
  });
}

test.each(KINDS)(
  'a %s guest (%s) moves though every single call is refused for the moment first',
  async (kind, words) => {
    const [here, there] = [await testHost(109, 64), await testHost(113, 64)];
    const shape = { kind, memoryKib: 8 * 1024, vcpus: 2 };
    const guest = await TestGuest.build(here, { ...shape, cmdline: `working-set=1M rate=3000 ${words}` });
    await guest.start();
    const sink = new MemorySink();
    const asked = new Map<string, number>();
    const options = { live: true, debug: false, sink, callbacks: guest.callbacks() };
    await saveDomain({ hypervisor: busy(here.hypervisor, asked), domid: guest.domid, ...options });
    const hypervisor = busy(there.hypervisor, asked);
    const reader = new ByteReader(byteSource(sink.bytes()));
    const { guest: moved } = await TestGuest.restore({ ...there, hypervisor }, shape, { reader });
    await moved.run();
    await moved.says(/resumed on \d+, all \d+ pages intact[\s\S]*writes, 0 lost/);
    for (const name of ['pageTypes', 'mapForeign', 'logDirty', 'populatePhysmap']) {
      expect(asked.get(name)! % 3).toBe(0);
    }
    for (const one of [guest, moved]) await one.leave();
    for (const one of [here, there]) await one.close();
  },
);

test.each(['pv', 'hvm'] as const)(
  'on hosts that disturb at random, as XEN_EMBEDDED_INTERFERENCE has them do, a %s guest moves as ever',
  async (kind) => {
    const [here, there] = [await testHost(67, 96, 0.1), await testHost(71, 96, 0.1)];
    const shape = { kind, memoryKib: 16 * 1024, vcpus: 2 };
    const guest = await TestGuest.build(here, { ...shape, cmdline: 'working-set=4M rate=10000 ptchurn=on' });
    await guest.start();
    const sink = new MemorySink();
    const options = { live: true, debug: false, callbacks: guest.callbacks() };
    await saveDomain({ hypervisor: here.hypervisor, domid: guest.domid, sink, ...options });
    const reader = new ByteReader(byteSource(sink.bytes()));
    const { guest: moved } = await TestGuest.restore(there, shape, { reader });
    await moved.run();
    await moved.says(/resumed on \d+, all \d+ pages intact[\s\S]*writes, 0 lost/);
    for (const one of [guest, moved]) await one.leave();
    for (const one of [here, there]) await one.close();
  },
);

describe.each(['pv', 'hvm'] as const)('a host that is full', (kind) => {
  test(`refuses a ${kind} guest that does not fit with the page that lacked, and has all its memory afterwards`, async () => {
    const [here, there] = [await testHost(127, 64), await testHost(131, 24)];
    const shape = { kind, memoryKib: 12 * 1024 };
    const guest = await TestGuest.build(here, { ...shape, cmdline: 'working-set=1M rate=3000' });
    await guest.start();
    const sink = new MemorySink();
    const options = { live: false, debug: false, sink, callbacks: guest.callbacks() };
    await saveDomain({ hypervisor: here.hypervisor, domid: guest.domid, ...options });

    const { machine } = there.host.state;
    const other = await there.newDomain('hvm', 64 * 1024);
    const pages = machine.freeFrames - 1000;
    const pfns = Float64Array.from({ length: pages }, (_, i) => i);
    expect((await there.hypervisor.populatePhysmap(other, pfns, 0)).length).toBe(pages);
    const domid = await there.newDomain(kind, shape.memoryKib);
    const free = machine.freeFrames;
    const reader = new ByteReader(byteSource(sink.bytes()));
    const backends = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };
    const failing = restoreDomain({ hypervisor: there.hypervisor, domid, reader, ...backends });
    await expect(failing).rejects.toMatchObject({ code: 'NO_MEMORY', pfn: expect.any(Number), phase: 'contents' });
    expect(machine.freeFrames).toBe(0);
    await there.hypervisor.destroyDomain(domid);
    expect(machine.freeFrames).toBe(free + 2);
    // There is room once the other is gone.
    await there.hypervisor.destroyDomain(other);
    const again = new ByteReader(byteSource(sink.bytes()));
    const { guest: moved } = await TestGuest.restore(there, shape, { reader: again });
    await moved.run();
    await moved.says(/resumed on \d+, all \d+ pages intact/);
    for (const one of [guest, moved]) await one.leave();
    for (const one of [here, there]) await one.close();
  });
});
