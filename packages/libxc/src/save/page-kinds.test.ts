import { ByteReader, byteSource, MemorySink, PAGE_TYPE } from '@xen-migration/stream-format';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FLAG, INDEX_MASK } from '../embedded/memory/frame-table.js';
import { MAX_BATCH } from '../hypervisor/frames.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { restoreDomain } from '../restore/index.js';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { type SmallGuestKind, SPARE_PFNS, smallStream } from '../testing/small-guests.js';
import { guestImageOf } from '../testing/streams.js';
import { saveDomain } from './index.js';

/** Pages that are not simply memory, from a guest to its stream and on. */

const BACKENDS = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };
const PAGES = 16;

let host: TestHost;
beforeAll(async () => {
  host = await testHost(97, 96);
});
afterAll(() => host.close());

/** The frame behind a pfn: found by the machine-to-phys table, as the guest's own p2m is not asked. */
function mfnOf(domid: number, pfn: number): number {
  const { machine } = host.host.state;
  let found = -1;
  machine.frames.forEachOwned(domid, (mfn) => {
    if (machine.m2p.pfnOf(mfn) === pfn) found = mfn;
  });
  return found;
}

async function restored(kind: SmallGuestKind, stream: Uint8Array) {
  const domid = await host.newDomain(kind === 'hvm' ? 'hvm' : 'pv', PAGES * 4);
  const reader = new ByteReader(byteSource(stream));
  const result = await restoreDomain({ hypervisor: host.hypervisor, domid, reader, ...BACKENDS });
  return { domid, result };
}

describe.each(['pv64', 'pv32', 'hvm'] as const)('of a %s guest', (kind) => {
  test('a broken page goes without data, and is a hole where it arrives: nobody marks it broken there', async () => {
    const [pfn] = SPARE_PFNS;
    const stream = await smallStream(host, kind, async (domid) => {
      const mfn = mfnOf(domid, pfn);
      host.host.state.machine.frames.columns(mfn)!.flags[mfn & INDEX_MASK]! |= FLAG.broken;
    });
    const { types, pages } = await guestImageOf(stream);
    expect([types.get(pfn), pages.has(pfn)]).toEqual([PAGE_TYPE.BROKEN, false]);
    const { domid, result } = await restored(kind, stream);
    expect(result.warnings.filter((text) => text.includes('page'))).toEqual([]);
    expect(mfnOf(domid, pfn)).toBe(-1);
    expect(mfnOf(domid, pfn + 1)).toBeGreaterThan(0);
    expect((await host.hypervisor.domainInfo(domid)).totalPages).toBe(PAGES - 1);
    await host.hypervisor.destroyDomain(domid);
  });

  test('holes cost nothing, neither in the stream nor where it arrives', async () => {
    const stream = await smallStream(host, kind, async (domid) => {
      const gfns = SPARE_PFNS.map((pfn) => (kind === 'hvm' ? pfn : mfnOf(domid, pfn)));
      expect(await host.hypervisor.decreaseReservation(domid, Float64Array.from(gfns))).toBe(SPARE_PFNS.length);
    });
    const { types, pages } = await guestImageOf(stream);
    for (const pfn of SPARE_PFNS) expect([types.get(pfn), pages.has(pfn)]).toEqual([PAGE_TYPE.XTAB, false]);
    const { domid } = await restored(kind, stream);
    expect((await host.hypervisor.domainInfo(domid)).totalPages).toBe(PAGES - SPARE_PFNS.length);
    await host.hypervisor.destroyDomain(domid);
  });
});

test('where an HVM guest has no memory for a whole batch, the stream is silent', async () => {
  const far = 4 * MAX_BATCH;
  const stream = await smallStream(host, 'hvm', async (domid) => {
    expect((await host.hypervisor.populatePhysmap(domid, Float64Array.of(far), 0)).length).toBe(1);
  });
  const { types, pages } = await guestImageOf(stream);
  expect(pages.has(far)).toBe(true);
  const named = (from: number, to: number) => [...types.keys()].filter((pfn) => pfn >= from && pfn < to).length;
  expect([named(0, MAX_BATCH), named(MAX_BATCH, far)]).toEqual([MAX_BATCH, 0]);
  const { domid } = await restored('hvm', stream);
  expect((await host.hypervisor.domainInfo(domid)).totalPages).toBe(PAGES + 1);
  await host.hypervisor.destroyDomain(domid);
});

describe.each(['pv', 'hvm'] as const)('a %s guest whose pages come in whole stretches of 2 MiB', (kind) => {
  const shape = { kind, memoryKib: 12 * 1024 };
  let stream: Uint8Array;
  beforeAll(async () => {
    const guest = await TestGuest.build(host, { ...shape, cmdline: 'working-set=1M rate=3000' });
    await guest.start();
    const sink = new MemorySink();
    const callbacks = guest.callbacks();
    const { hypervisor } = host;
    await saveDomain({ hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks });
    await guest.destroy();
    stream = sink.bytes();
  });

  /** @param most extents of 2 MiB that the host gives at a call. @returns how many it gave */
  async function superpagesOf(most: number): Promise<number> {
    let extents = 0;
    const populatePhysmap: Hypervisor['populatePhysmap'] = async (domid, pfns, order) => {
      if (order === 0) return host.hypervisor.populatePhysmap(domid, pfns, order);
      const made = await host.hypervisor.populatePhysmap(domid, pfns.subarray(0, most), order);
      extents += made.length;
      return made;
    };
    const hypervisor = new Proxy(host.hypervisor, {
      get: (target, name) =>
        name === 'populatePhysmap' ? populatePhysmap : target[name as keyof Hypervisor].bind(target),
    });
    const there: TestHost = { ...host, hypervisor };
    const { guest } = await TestGuest.restore(there, shape, { reader: new ByteReader(byteSource(stream)) });
    await guest.run();
    await guest.says(/resumed on \d+, all \d+ pages intact[\s\S]* 0 lost/);
    await guest.destroy();
    return extents;
  }

  test('gets them so where the host has such', async () => {
    // Now and then the host refuses one though it has it.
    expect(await superpagesOf(Number.POSITIVE_INFINITY)).toBeGreaterThan(2);
  });

  test('gets single pages where it has none', async () => {
    expect(await superpagesOf(0)).toBe(0);
  });
});
