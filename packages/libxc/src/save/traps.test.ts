import {
  ByteReader,
  byteSource,
  LibxcReader,
  LibxcWriter,
  MemorySink,
  PAGE_TYPE,
  pageTableLevel,
} from '@xen-migration/stream-format';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SHUTDOWN } from '../hypervisor/hypervisor.js';
import { restoreDomain } from '../restore/index.js';
import { watched } from '../testing/faults.js';
import { type GuestOptions, TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { piecesOf } from '../testing/pieces.js';
import { PFN, SPARE_PFNS, smallStream } from '../testing/small-guests.js';
import { guestImageOf } from '../testing/streams.js';
import { foldCr3, unfoldCr3 } from '../x86/cr3.js';
import { pvLayout } from '../x86/layout.js';
import { readWord, writeWord } from '../x86/words.js';
import { type SaveOptions, saveDomain } from './index.js';

/** What stock Xen 4.17 does wrong, or leaves to luck, around a save. Each is one test that ours does not. */

let here: TestHost;
let there: TestHost;
const guests: TestGuest[] = [];

beforeAll(async () => {
  [here, there] = [await testHost(47, 128), await testHost(53, 128)];
});
afterEach(async () => {
  for (const guest of guests.splice(0)) await guest.destroy();
});
afterAll(async () => {
  await here.close();
  await there.close();
});

const MEMORY = { memoryKib: 8 * 1024 };

async function running(kind: GuestOptions['kind'], words = ''): Promise<TestGuest> {
  const guest = await TestGuest.build(here, { kind, ...MEMORY, cmdline: `working-set=1M rate=5000 ${words}` });
  guests.push(guest);
  await guest.start();
  return guest;
}

async function saved(guest: TestGuest, changes: Partial<SaveOptions> = {}): Promise<Uint8Array<ArrayBuffer>> {
  const sink = new MemorySink();
  const { hypervisor } = guest.host;
  const options = { hypervisor, domid: guest.domid, sink, live: true, debug: false, callbacks: guest.callbacks() };
  await saveDomain({ ...options, ...changes });
  return sink.bytes();
}

async function restored(kind: GuestOptions['kind'], stream: Uint8Array) {
  const reader = new ByteReader(byteSource(stream));
  const { guest, result } = await TestGuest.restore(there, { kind, ...MEMORY }, { reader });
  guests.push(guest);
  return { guest, result };
}

test.each(['linear', 'tree'])(
  'a restored guest that has not registered its p2m again (%s) is not saved from what the old host left there',
  async (p2m) => {
    const stream = await saved(await running('pv', `p2m=${p2m}`), { live: false });
    const { guest } = await restored('pv', stream);
    // shared_info still holds the old host's p2m_cr3; a tree's pages hold the old host's mfns, and its top is zeroed.
    await there.hypervisor.shutdownDomain(guest.domid, SHUTDOWN.suspend);
    const callbacks = { ...guest.callbacks(), suspend: async () => undefined };
    await expect(saved(guest, { live: false, callbacks })).rejects.toMatchObject({ code: 'BAD_P2M', phase: 'setup' });
  },
);

test('what shared_info says of the old host is gone after a restore, but for what the guest must rewrite', async () => {
  const stream = await saved(await running('pv'), { live: false });
  const { guest } = await restored('pv', stream);
  const { sharedInfoFrame } = await there.hypervisor.domainInfo(guest.domid);
  const page = there.host.state.machine.memory.frame(sharedInfoFrame);
  const at = pvLayout(8).sharedInfo;
  expect(readWord(page, at.frameListList, 8)).toBe(0n);
  expect(page.subarray(at.evtchnMask, at.evtchnMask + at.evtchnBytes).every((byte) => byte === 0xff)).toBe(true);
  for (let vcpu = 0; vcpu < 32; vcpu++) expect(readWord(page, vcpu * 64 + at.pendingSel, 8)).toBe(0n);
});

test('zero pages travel as what they are: nobody promises that a fresh page is zero', async () => {
  const stream = await saved(await running('hvm'));
  const { types, pages } = await guestImageOf(stream);
  expect([...types.values()]).not.toContain(PAGE_TYPE.XALLOC);
  const zero = [...pages].filter(([, page]) => page.every((byte) => byte === 0));
  expect(zero.length).toBeGreaterThan(0);
  const { guest } = await restored('hvm', stream);
  const [pfn] = zero[0]!;
  const mapping = await there.hypervisor.mapForeign(guest.domid, Float64Array.of(pfn), 'read');
  expect(mapping.page(0).every((byte) => byte === 0)).toBe(true);
  await mapping.unmap();
});

test('XALLOC gives a page and says nothing of its contents: what was sent before stays', async () => {
  const guest = await running('hvm');
  const image = await guestImageOf(await saved(guest, { live: false }));
  const [pfn, page] = [...image.pages].find(([, page]) => page.some((byte) => byte !== 0))!;
  const fresh = 0x7f0;
  const sink = new MemorySink();
  const writer = new LibxcWriter(sink);
  await writer.headers({
    version: 3,
    endian: 'little',
    guestType: 'hvm',
    pageShift: 12,
    xenMajor: 4,
    xenMinor: 17,
  });
  const isStatic = (type: string) => type.endsWith('_POLICY') || type === 'STATIC_DATA_END';
  for (const record of image.records.filter(({ type }) => isStatic(type))) await writer.record(record);
  for (const [pfn, page] of image.pages) await writer.pageData([pfn], [PAGE_TYPE.NOTAB], [page]);
  await writer.pageData([pfn, fresh], [PAGE_TYPE.XALLOC, PAGE_TYPE.XALLOC], []);
  for (const record of image.records.filter(({ type }) => !isStatic(type))) await writer.record(record);
  const { guest: moved } = await restored('hvm', sink.bytes());
  const mapping = await there.hypervisor.mapForeign(moved.domid, Float64Array.of(pfn, fresh), 'read');
  expect([...mapping.errors]).toEqual([0, 0]);
  expect(Buffer.compare(mapping.page(0), page)).toBe(0);
  await mapping.unmap();
});

test('page tables that change all the time arrive whole: what each names is what the guest named', async () => {
  const stream = await saved(await running('pv', 'ptchurn=on'));
  const { types } = await guestImageOf(stream);
  expect([...types.values()].filter((type) => pageTableLevel(type) === 1).length).toBeGreaterThan(2);
  const { guest, result } = await restored('pv', stream);
  expect(result.warnings).toEqual([]);
  await guest.run();
  await guest.says(/resumed on \d+, all \d+ pages intact[\s\S]* 0 lost/);
});

test('a page that was memory and then was not, and one the other way round, end as the last pass found them', async () => {
  const guest = await running('pv32', 'balloon=1M');
  const { hypervisor } = here;
  const { machine } = here.host.state;
  // As a balloon driver does between two passes; pages of its own that the kernel's table of pages does not check.
  const gone: number[] = [];
  const came: number[] = [];
  let asked = 0;
  const stream = await saved(guest, {
    policy: async () => {
      asked++;
      if (asked === 2) {
        const pfns = await ballooned(here, guest.domid);
        const [mfn] = await hypervisor.populatePhysmap(guest.domid, Float64Array.of(pfns[0]!), 0);
        machine.memory.frame(mfn!).fill(0x5a);
        await setP2m(here, guest.domid, pfns[0]!, mfn!);
        came.push(pfns[0]!);
      }
      return asked < 4 ? 'continue' : 'stop-and-copy';
    },
    callbacks: {
      ...guest.callbacks(),
      async suspend() {
        await guest.suspend();
        gone.push(...(await ballooned(here, guest.domid)));
      },
    },
  });
  const { types, pages } = await guestImageOf(stream);
  expect(came.map((pfn) => types.get(pfn))).toEqual([PAGE_TYPE.NOTAB]);
  expect(pages.get(came[0]!)!.every((byte) => byte === 0x5a)).toBe(true);
  expect(new Set(gone.map((pfn) => types.get(pfn)))).toEqual(new Set([PAGE_TYPE.XTAB]));
});

test('the list of pages that goes back to a COLO sender has the header that is documented, and no more', async () => {
  const sink = new MemorySink();
  await new LibxcWriter(sink).record({ type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(3, 0x1_0000_0005) });
  expect(Buffer.from(sink.bytes()).toString('hex')).toBe('0f00000010000000' + '0300000000000000' + '0500000001000000');
  const read = await new LibxcReader(new ByteReader(byteSource(sink.bytes()))).next();
  expect(read).toMatchObject({ type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(3, 0x1_0000_0005) });
});

test.each(['pv64', 'pv32'] as const)(
  'a %s vcpu names its tables by pfns, folded as a CR3 is; pfn 0 is one of them',
  async (kind) => {
    const width = kind === 'pv64' ? 8 : 4;
    const at = pvLayout(width).vcpuContext;
    const stream = await smallStream(here, kind, async (domid) => {
      const { context } = here.host.state.domain(domid, 'domainInfo').vcpus[0]!;
      // Processes of a 64-bit guest run on another table than its kernel; here on the same.
      if (width === 8) writeWord(context, at.cr1, 8, readWord(context, at.cr3, 8));
    });
    const { records } = await guestImageOf(stream);
    const basic = records.find((record) => record.type === 'X86_PV_VCPU_BASIC');
    if (basic?.type !== 'X86_PV_VCPU_BASIC') throw new Error('no vcpu');
    const root = kind === 'pv64' ? PFN.top : PFN.l3;
    expect(readWord(basic.data, at.cr3, width)).toBe(foldCr3(root, width));
    // Bit 0 says that there is one.
    if (width === 8) expect(readWord(basic.data, at.cr1, 8)).toBe((BigInt(root) << 12n) | 1n);
    const domid = await there.newDomain('pv', 64);
    const reader = new ByteReader(byteSource(stream));
    const backends = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };
    await restoreDomain({ hypervisor: there.hypervisor, domid, reader, ...backends });
    const context = await there.hypervisor.vcpuContext(domid, 0);
    const mfn = unfoldCr3(readWord(context, at.cr3, width), width);
    expect(there.host.state.machine.m2p.pfnOf(mfn)).toBe(root);
    if (width === 8) expect(readWord(context, at.cr1, 8)).toBe(BigInt(mfn) << 12n);
    await there.hypervisor.destroyDomain(domid);
  },
);

test('the compat machine-to-phys table is asked for where it is needed: a host without 32-bit PV refuses', async () => {
  const asked = async (kind: 'pv' | 'pv32') => {
    const guest = await running(kind);
    const calls: string[] = [];
    const hypervisor = watched(here.hypervisor, { before: (operation) => void calls.push(operation) });
    await saved(guest, { hypervisor, live: false });
    return calls.includes('machphysCompatMfn');
  };
  expect([await asked('pv'), await asked('pv32')]).toEqual([false, true]);
});

test('not live too, the device model reports its writes, and log-dirty mode is switched off though it was never on', async () => {
  const guest = await running('hvm');
  const calls: string[] = [];
  const hypervisor = watched(here.hypervisor, { before: (operation) => void calls.push(operation) });
  const callbacks = guest.callbacks();
  await saved(guest, { hypervisor, live: false, callbacks });
  expect(callbacks.qemuLogdirty).toEqual([true, false]);
  expect(calls.filter((name) => name.endsWith('LogDirty'))).toEqual(['disableLogDirty']);
});

test('a checkpointed stream that is stopped ends with its last checkpoint: there is no END', async () => {
  const guest = await running('pvh');
  const stream = await saved(guest, {
    stream: 'remus',
    callbacks: {
      ...guest.callbacks(),
      async postcopy() {
        await guest.resume();
        return 'continue';
      },
      checkpoint: async () => 'stop',
    },
  });
  // One is added, for its reader.
  const types = (await piecesOf(Buffer.concat([stream, new Uint8Array(8)]))).map((piece) =>
    piece.kind === 'pages' ? 'PAGE_DATA' : piece.record.type,
  );
  expect(types.slice(-4)).toEqual(['HVM_CONTEXT', 'HVM_PARAMS', 'CHECKPOINT', 'END']);
});

test('a guest that moves its linear p2m while it is being saved fails the save, and runs on', async () => {
  const guest = await running('pv', 'p2m=linear');
  const { sharedInfoFrame } = await here.hypervisor.domainInfo(guest.domid);
  const page = here.host.state.machine.memory.frame(sharedInfoFrame);
  const { p2mGeneration } = pvLayout(8).sharedInfo;
  const policy = async () => {
    writeWord(page, p2mGeneration, 8, readWord(page, p2mGeneration, 8) + 2n);
    return 'continue' as const;
  };
  await expect(saved(guest, { policy })).rejects.toMatchObject({ code: 'P2M_CHANGED', phase: 'precopy' });
  guest.forgetText();
  await guest.says(/ 0 lost/);
});

test.each(['pv64', 'pv32'] as const)(
  'entries of a %s p2m that are marked (Linux: foreign, identity) are no pages of the guest',
  async (kind) => {
    const width = kind === 'pv64' ? 8 : 4;
    const stream = await smallStream(here, kind, async (domid) => {
      const { machine } = here.host.state;
      let leaf = -1;
      machine.frames.forEachOwned(domid, (mfn) => {
        if (machine.m2p.pfnOf(mfn) === PFN.p2m) leaf = mfn;
      });
      const page = machine.memory.frame(leaf);
      for (const [i, pfn] of SPARE_PFNS.entries()) {
        const bit = 1n << BigInt(width * 8 - 1 - (i % 2));
        writeWord(page, pfn * width, width, readWord(page, pfn * width, width) | bit);
      }
    });
    const { types } = await guestImageOf(stream);
    for (const pfn of SPARE_PFNS) expect(types.get(pfn)).toBe(PAGE_TYPE.XTAB);
  },
);

/** The pages of the guest's p2m, found as a save finds them. */
async function p2mLeaves({ host, hypervisor }: TestHost, domid: number): Promise<Uint32Array[]> {
  const { machine } = host.state;
  const { sharedInfoFrame } = await hypervisor.domainInfo(domid);
  const at = pvLayout(4).sharedInfo;
  const shared = machine.memory.words(sharedInfoFrame);
  const [top] = machine.memory.words(shared[at.frameListList / 4]!);
  const mids = machine.memory.words(top!);
  const leaves = Math.ceil(shared[at.pfnCount / 4]! / 1024);
  return Array.from(mids.subarray(0, leaves), (mfn) => machine.memory.words(mfn));
}

async function ballooned(host: TestHost, domid: number): Promise<number[]> {
  const pages = MEMORY.memoryKib / 4;
  const leaves = await p2mLeaves(host, domid);
  return Array.from({ length: pages }, (_, pfn) => pfn).filter(
    (pfn) => leaves[Math.floor(pfn / 1024)]![pfn % 1024] === 0xffff_ffff,
  );
}

async function setP2m(host: TestHost, domid: number, pfn: number, mfn: number): Promise<void> {
  const leaves = await p2mLeaves(host, domid);
  leaves[Math.floor(pfn / 1024)]![pfn % 1024] = mfn;
}
