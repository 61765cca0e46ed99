import {
  ByteReader,
  byteSource,
  diffStreams,
  LibxcReader,
  LibxcWriter,
  MemorySink,
  PAGE_TYPE,
  verifyStream,
} from '@xen-migration/stream-format';
import { expect, test } from 'vitest';
import { type Hypervisor, SHUTDOWN } from '../hypervisor/hypervisor.js';
import { saveDomain } from '../save/index.js';
import { testHost } from '../testing/hosts.js';
import { type GuestImage, guestImageOf, libxcStreamOf, realStreamPath } from '../testing/streams.js';
import { HVM_PARAM } from '../x86/hvm-params.js';
import { pvLayout } from '../x86/layout.js';
import { readFrame } from '../x86/words.js';
import { restoreDomain } from './index.js';

const STREAMS = [
  { name: 'xen-4.17-hvm.save.gz', kind: 'hvm', memoryKib: 40 * 1024 },
  { name: 'xen-4.17-pv64.save.gz', kind: 'pv', memoryKib: 97 * 1024 },
  { name: 'xen-4.17-pv32.save.gz', kind: 'pv', memoryKib: 8 * 1024 },
  { name: 'xen-4.17-pv32-2vcpus.save.gz', kind: 'pv', memoryKib: 8 * 1024 },
  { name: 'xen-4.17-pv32-2vcpus-live.wire.gz', kind: 'pv', memoryKib: 8 * 1024 },
  { name: 'xen-4.17-pv64-2vcpus.save.gz', kind: 'pv', memoryKib: 8 * 1024 },
  { name: 'xen-4.17-pv64-2vcpus-live.wire.gz', kind: 'pv', memoryKib: 8 * 1024 },
  { name: 'xen-4.17-pvh.save.gz', kind: 'pvh', memoryKib: 40 * 1024 },
] as const;

for (const { name, kind, memoryKib } of STREAMS) {
  const path = realStreamPath(name);
  test.skipIf(path === undefined)(`${name}: restored and saved again, the guest is the same`, async () => {
    const stream = await libxcStreamOf(path!);
    const { hypervisor, newDomain, close } = await testHost(7);
    try {
      const domid = await newDomain(kind, memoryKib, name.includes('2vcpus') ? 2 : 1);
      const restored = await restore(hypervisor, domid, stream);
      expect(restored).toMatchObject({
        guestType: kind === 'pv' ? 'pv' : 'hvm',
        bytesRead: stream.length,
        verifyMismatches: [],
        warnings: [],
      });
      await hypervisor.unpause(domid);
      const again = await save(hypervisor, domid);
      const report = await verifyStream(inMemory(again));
      expect(report.problems).toEqual([]);
      const { fields, pages } = await diffStreams(inMemory(stream), inMemory(again));
      expect({ fields, pages: pages.count }).toEqual({ fields: [], pages: 0 });
      expectSameGuest(await guestImageOf(again), await guestImageOf(stream));
    } finally {
      await close();
    }
  });
}

const inMemory = (bytes: Uint8Array) => new ByteReader(byteSource(bytes));

const lost = realStreamPath('broken/xen-4.17-pv32-lost-l1.save.gz');
test.skipIf(lost === undefined)('a page table that stock Xen lost on its way is a warning that names it', async () => {
  const stream = await withoutXsave(await libxcStreamOf(lost!));
  const { hypervisor, newDomain, close } = await testHost(8);
  try {
    const domid = await newDomain('pv', 8 * 1024);
    const restored = await restore(hypervisor, domid, stream);
    expect(restored.warnings).toContainEqual(expect.stringContaining('contents were never sent'));
  } finally {
    await close();
  }
});

/** This guest never used XSAVE; its record has no content. */
async function withoutXsave(stream: Uint8Array): Promise<Uint8Array> {
  const reader = new LibxcReader(new ByteReader(byteSource(stream)));
  const sink = new MemorySink();
  const writer = new LibxcWriter(sink);
  await writer.headers(await reader.headers());
  for (;;) {
    const record = await reader.next();
    if (record === undefined) return sink.bytes();
    if (record.type === 'X86_PV_VCPU_XSAVE') continue;
    if (record.type !== 'PAGE_DATA') {
      await writer.record(record);
      continue;
    }
    const pages = new Uint8Array(record.pageCount * 4096);
    await record.body.readInto([pages]);
    await writer.pageData(record.pfns, record.types, [pages]);
  }
}

function restore(hypervisor: Hypervisor, domid: number, stream: Uint8Array) {
  const reader = new ByteReader(byteSource(stream));
  const backends = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };
  return restoreDomain({ hypervisor, domid, reader, ...backends });
}

async function save(hypervisor: Hypervisor, domid: number): Promise<Uint8Array> {
  const sink = new MemorySink();
  const callbacks = {
    suspend: () => hypervisor.shutdownDomain(domid, SHUTDOWN.suspend),
    switchQemuLogdirty: async () => undefined,
  };
  await saveDomain({ hypervisor, domid, sink, live: false, debug: false, callbacks });
  return sink.bytes();
}

/** All pages but those that name what belongs to the host, and all vcpu state. */
function expectSameGuest(now: GuestImage, before: GuestImage): void {
  const ofHost = hostPages(before);
  const differing = [...before.pages].filter(([pfn, page]) => {
    const other = now.pages.get(pfn);
    return other === undefined || (!ofHost.has(pfn) && Buffer.compare(page, other) !== 0);
  });
  expect(differing.map(([pfn]) => `0x${pfn.toString(16)}`)).toEqual([]);
  expect(now.pages.size).toBe(before.pages.size);
  // A pfn that a stream does not name has no memory, like one that it calls XTAB.
  const typeNow = (pfn: number) => now.types.get(pfn) ?? PAGE_TYPE.XTAB;
  expect([...before.types].filter(([pfn, type]) => typeNow(pfn) !== type)).toEqual([]);
  const compared = new Set(['X86_PV_VCPU_BASIC', 'X86_PV_VCPU_XSAVE', 'X86_PV_VCPU_MSRS', 'HVM_CONTEXT', 'HVM_PARAMS']);
  const state = (image: GuestImage) => image.records.filter(({ type }) => compared.has(type)).map(stateOf);
  expect(state(now)).toEqual(state(before));
}

/** The first record of an HVM context is the host's: its CPU and its clock. */
const HVM_HEADER_BYTES = 8 + 24;

function stateOf(record: GuestImage['records'][number]): string {
  if (record.type === 'HVM_PARAMS') return record.params.map(({ index, value }) => `${index}=${value}`).join();
  if (!('data' in record)) return record.type;
  const data = record.type === 'HVM_CONTEXT' ? record.data.subarray(HVM_HEADER_BYTES) : record.data;
  return `${record.type} ${Buffer.from(data).toString('hex')}`;
}

/** PV: the p2m and the tree above it, start_info, the console ring's connection. HVM: rings and request pages, which begin empty. */
function hostPages({ records, pages }: GuestImage): Set<number> {
  const found = new Set<number>();
  for (const record of records) {
    if (record.type === 'X86_PV_P2M_FRAMES') {
      for (const pfn of record.frames) found.add(pfn);
      for (const pfn of treeAbove(record.frames, records, pages)) found.add(pfn);
    }
    if (record.type === 'X86_PV_VCPU_BASIC' && record.vcpu === 0) {
      const width = record.data.length === pvLayout(8).vcpuContext.size ? 8 : 4;
      const { vcpuContext, startInfo } = pvLayout(width);
      const pfn = readFrame(record.data, vcpuContext.dx, width);
      found.add(pfn).add(readFrame(pages.get(pfn)!, startInfo.consoleFrame, width));
    }
    if (record.type === 'HVM_PARAMS') {
      const cleared: number[] = [
        HVM_PARAM.STORE_PFN,
        HVM_PARAM.CONSOLE_PFN,
        HVM_PARAM.IOREQ_PFN,
        HVM_PARAM.BUFIOREQ_PFN,
      ];
      for (const { index, value } of record.params) if (cleared.includes(Number(index))) found.add(Number(value));
    }
  }
  return found;
}

/** Of a guest with a p2m tree: the page that shared_info names, and those that it names, found by the p2m that was saved. */
function treeAbove(leaves: Float64Array, records: GuestImage['records'], pages: GuestImage['pages']): number[] {
  const info = records.find(({ type }) => type === 'X86_PV_INFO');
  const sharedInfo = records.find(({ type }) => type === 'SHARED_INFO');
  if (info?.type !== 'X86_PV_INFO' || sharedInfo?.type !== 'SHARED_INFO') return [];
  const { guestWidth: width } = info;
  const all = [...leaves].flatMap((leaf) => framesIn(pages.get(leaf)!, width));
  const pfnOf = new Map(all.map((mfn, pfn) => [mfn, pfn]));
  const top = pfnOf.get(readFrame(sharedInfo.data, pvLayout(width).sharedInfo.frameListList, width));
  if (top === undefined) return [];
  return [top, ...framesIn(pages.get(top)!, width).flatMap((mfn) => pfnOf.get(mfn) ?? [])];
}

function framesIn(page: Uint8Array, width: 4 | 8): number[] {
  return Array.from({ length: page.length / width }, (_, i) => readFrame(page, i * width, width));
}
