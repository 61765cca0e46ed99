import { ByteReader, byteSource, LIBXC_RECORD, PAGE_TYPE } from '@xen-migration/stream-format';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hypervisor, MmuExtOp } from '../hypervisor/hypervisor.js';
import { watched } from '../testing/faults.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { type Piece, piecesOf, streamOf } from '../testing/pieces.js';
import { PFN, type SmallGuestKind, SPARE_PFNS, smallStream } from '../testing/small-guests.js';
import { pvLayout } from '../x86/layout.js';
import { readWord } from '../x86/words.js';
import { RestoreError, type RestoreOptions, restoreDomain } from './index.js';

/** Rules of a restore that are easily got wrong (docs/traps.md). */

const BACKENDS = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };
const PAGES = 16;

let host: TestHost;
const streams = new Map<SmallGuestKind, Uint8Array>();
const domids: number[] = [];
beforeAll(async () => {
  host = await testHost(107, 64);
  for (const kind of ['pv64', 'pv32', 'hvm'] as const) streams.set(kind, await smallStream(host, kind));
});
afterEach(async () => {
  for (const domid of domids.splice(0)) await host.hypervisor.destroyDomain(domid);
});
afterAll(() => host.close());

async function restore(kind: SmallGuestKind, stream: Uint8Array, changes: Partial<RestoreOptions> = {}) {
  const domid = await host.newDomain(kind === 'hvm' ? 'hvm' : 'pv', PAGES * 4);
  domids.push(domid);
  const reader = new ByteReader(byteSource(stream));
  const result = await restoreDomain({ hypervisor: host.hypervisor, domid, reader, ...BACKENDS, ...changes });
  return { domid, result };
}

const typeOf = (kind: SmallGuestKind) => (kind === 'hvm' ? 'hvm' : 'pv');

/** The small guest's stream with its parts changed. */
async function changed(kind: SmallGuestKind, change: (pieces: Piece[]) => Piece[]): Promise<Uint8Array> {
  return streamOf(change(await piecesOf(streams.get(kind)!)), typeOf(kind), 3);
}

const pages = (pfns: readonly number[], types: readonly number[], data = new Uint8Array(0)): Piece => ({
  kind: 'pages',
  pfns: Float64Array.from(pfns),
  types: Uint8Array.from(types),
  data,
});

/** Puts a piece behind the last pages. */
function afterPages(...added: Piece[]) {
  return (all: Piece[]) => {
    const at = all.findLastIndex((piece) => piece.kind === 'pages') + 1;
    return [...all.slice(0, at), ...added, ...all.slice(at)];
  };
}

/** With the recorded type of one page changed. */
const typed = (pfn: number, type: number) => (all: Piece[]) =>
  all.map((piece) =>
    piece.kind === 'record'
      ? piece
      : { ...piece, types: piece.types.map((was, i) => (piece.pfns[i] === pfn ? type : was)) },
  );

describe.each(['pv64', 'pv32'] as const)('a %s guest', (kind) => {
  test('the last word on a page counts, also that it is none: its earlier type is forgotten', async () => {
    const root = kind === 'pv64' ? PFN.top : PFN.l3;
    const gone = await changed(kind, afterPages(pages([root], [PAGE_TYPE.XTAB])));
    await expect(restore(kind, gone)).rejects.toMatchObject({
      code: 'BAD_VCPU',
      message: expect.stringContaining('of page type 15'),
    });
  });

  test.each([
    ['start_info', PFN.startInfo, 'BAD_VCPU'],
    ['the GDT', PFN.gdt, 'BAD_VCPU'],
    ['the p2m', PFN.p2m, 'BAD_P2M'],
  ] as const)('%s must be plain memory: a page of tables there is refused', async (_, pfn, code) => {
    const stream = await changed(kind, typed(pfn, PAGE_TYPE.L1TAB));
    // As a table its words may also name what the guest does not have.
    const error = await restore(kind, stream).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RestoreError);
    expect([code, 'UNTRANSLATABLE_ENTRY']).toContain((error as RestoreError).code);
  });

  test('vcpus are loaded before tables are pinned, the p2m is written after that, the rings are granted last', async () => {
    const calls: string[] = [];
    const hypervisor = watched(host.hypervisor, {
      before: (operation, _, args) => {
        // Tables of level 1 are pinned as they come, and nothing depends on that (early-pins.ts).
        if (operation !== 'mmuExt' || (args[1] as MmuExtOp[]).some(({ level }) => level > 1)) calls.push(operation);
      },
    });
    await restore(kind, streams.get(kind)!, { hypervisor });
    const order = ['setVcpuContext', 'mmuExt', 'mapGrantTable'] as const;
    expect(calls).toEqual(expect.arrayContaining([...order]));
    expect(order.map((name) => calls.lastIndexOf(name))).toEqual(
      order.map((name) => calls.indexOf(name)).toSorted((a, b) => a - b),
    );
    const between = calls.slice(calls.indexOf('mmuExt'), calls.indexOf('mapGrantTable'));
    expect(between).toContain('mapForeign');
  });

  test('the guest is made as wide as it is before it gets its first page', async () => {
    const calls: string[] = [];
    const hypervisor = watched(host.hypervisor, { before: (operation) => void calls.push(operation) });
    const { domid } = await restore(kind, streams.get(kind)!, { hypervisor });
    expect(await host.hypervisor.guestWidth(domid)).toBe(kind === 'pv64' ? 8 : 4);
    expect(calls.includes('setGuestWidth')).toBe(kind === 'pv32');
    if (kind === 'pv32') expect(calls.indexOf('setGuestWidth')).toBeLessThan(calls.indexOf('populatePhysmap'));
  });

  test('tables may come before the pages that they name, one record each, in either order', async () => {
    const single = (all: Piece[], reversed: boolean) =>
      all.flatMap((piece): Piece[] => {
        if (piece.kind === 'record') return [piece];
        const each = [...piece.pfns].map((pfn, i) =>
          pages([pfn], [piece.types[i]!], piece.data.slice(i * 4096, (i + 1) * 4096)),
        );
        return reversed ? each.reverse() : each;
      });
    for (const reversed of [false, true]) {
      const { domid, result } = await restore(kind, await changed(kind, (all) => single(all, reversed)));
      expect(result.warnings.filter((text) => text.includes('never sent'))).toEqual([]);
      expect((await host.hypervisor.domainInfo(domid)).totalPages).toBe(PAGES);
    }
  });

  test('a vcpu without XSAVE state is told of, where a guest may have used it', async () => {
    const without = await changed(kind, (all) =>
      all.filter((piece) => piece.kind === 'pages' || piece.record.type !== 'X86_PV_VCPU_XSAVE'),
    );
    const { result } = await restore(kind, without);
    expect(result.warnings.some((text) => text.includes('without XSAVE'))).toBe(kind === 'pv64');
  });

  test('start_info names the rings by their mfns again, and shared_info where it is now', async () => {
    const { domid, result } = await restore(kind, streams.get(kind)!);
    const { machine } = host.host.state;
    const width = kind === 'pv64' ? 8 : 4;
    const { startInfo, vcpuContext } = pvLayout(width);
    const context = await host.hypervisor.vcpuContext(domid, 0);
    const page = machine.memory.frame(Number(readWord(context, vcpuContext.dx, width)));
    expect(Number(readWord(page, startInfo.storeFrame, width))).toBe(result.storeGfn);
    expect(machine.m2p.pfnOf(result.storeGfn!)).toBe(PFN.store);
    expect(machine.m2p.pfnOf(result.consoleGfn!)).toBe(PFN.console);
    expect(Number(readWord(page, startInfo.nrPages, width))).toBe(PAGES);
    const { sharedInfoFrame } = await host.hypervisor.domainInfo(domid);
    expect(readWord(page, startInfo.sharedInfo, width)).toBe(BigInt(sharedInfoFrame) << 12n);
  });
});

describe.each(['pv64', 'pv32', 'hvm'] as const)('any guest (%s)', (kind) => {
  test('a page that is named twice is one page', async () => {
    const [pfn] = SPARE_PFNS;
    const twice = await changed(kind, afterPages(pages([pfn, pfn], [PAGE_TYPE.XALLOC, PAGE_TYPE.XALLOC])));
    const { domid } = await restore(kind, twice);
    expect((await host.hypervisor.domainInfo(domid)).totalPages).toBe(PAGES);
  });

  test('after VERIFY pages are compared to the end of the stream, and what differs fails nothing', async () => {
    const [a, b, c] = SPARE_PFNS;
    const verify: Piece = { kind: 'record', record: { type: 'VERIFY' } };
    const data = new Uint8Array(4096).fill(0x77);
    const other = (pfn: number) => pages([pfn], [PAGE_TYPE.NOTAB], data);
    const stream = await changed(kind, afterPages(other(a), verify, other(a), other(b), verify, other(c)));
    const { domid, result } = await restore(kind, stream);
    expect(result.verifyMismatches).toEqual([b, c]);
    const { machine } = host.host.state;
    const found: number[] = [];
    machine.frames.forEachOwned(domid, (mfn) => {
      if (machine.memory.frame(mfn)[0] === 0x77) found.push(machine.m2p.pfnOf(mfn));
    });
    expect(found).toEqual([a]);
  });

  test('nothing behind END is read: it is the outer layer’s', async () => {
    const behind = Uint8Array.of(1, 2, 3, 4);
    const reader = new ByteReader(byteSource(Buffer.concat([streams.get(kind)!, behind])));
    await restore(kind, new Uint8Array(0), { reader });
    expect([...(await reader.read(4))]).toEqual([...behind]);
  });

  test('a checkpointed stream that ends before its first checkpoint is no guest; one that ends after it is', async () => {
    const [whole, stream] = [streams.get(kind)!, 'remus'] as const;
    const checkpoint = Uint8Array.of(LIBXC_RECORD.CHECKPOINT, 0, 0, 0, 0, 0, 0, 0);
    const body = whole.subarray(0, -8);
    await expect(restore(kind, body, { stream })).rejects.toMatchObject({ code: 'STREAM' });
    for (const rest of [0, 1, 8, 500]) {
      const bytes = Buffer.concat([body, checkpoint, whole.subarray(40, 40 + rest)]);
      const { result } = await restore(kind, bytes, { stream });
      expect(result).toMatchObject({ checkpoints: 1, failover: expect.any(String) });
    }
    const plain = restore(kind, Buffer.concat([body, checkpoint]));
    await expect(plain).rejects.toMatchObject({ code: 'ORDER' });
  });

  test('the rings are granted to those who serve them, in the two entries that are the toolstack’s', async () => {
    const { domid, result } = await restore(kind, streams.get(kind)!);
    const mapping = await host.hypervisor.mapGrantTable(domid);
    const words = new DataView(mapping.page(0).slice().buffer);
    const entry = (i: number) => [words.getUint16(i * 8, true), words.getUint16(i * 8 + 2, true)];
    expect([entry(0), entry(1)]).toEqual([
      [1, 0],
      [1, 0],
    ]);
    expect([words.getUint32(4, true), words.getUint32(12, true)]).toEqual([result.consoleGfn, result.storeGfn]);
    await mapping.unmap();
  });
});

test('an HVM guest’s ring pages begin empty, and parameters may come again, as each checkpoint brings them', async () => {
  const own = await piecesOf(streams.get('hvm')!);
  const params = own.find((piece) => piece.kind === 'record' && piece.record.type === 'HVM_PARAMS')!;
  const dirty = pages([PFN.store], [PAGE_TYPE.NOTAB], new Uint8Array(4096).fill(0x66));
  const stream = await changed('hvm', (all) => afterPages(dirty, params, dirty)(all));
  const { domid, result } = await restore('hvm', stream);
  const hypervisor: Hypervisor = host.hypervisor;
  const mapping = await hypervisor.mapForeign(domid, Float64Array.of(result.storeGfn!), 'read');
  expect(mapping.page(0).every((byte) => byte === 0)).toBe(true);
  await mapping.unmap();
});
