import {
  ByteReader,
  byteSource,
  decodeCpuidPolicy,
  encodeCpuidPolicy,
  MemorySink,
  PAGE_TYPE,
} from '@xen-migration/stream-format';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { saveDomain } from '../save/index.js';
import { TestGuest } from '../testing/guest.js';
import { type TestHost, testHost } from '../testing/hosts.js';
import { type Piece, piecesOf, type Record, streamOf } from '../testing/pieces.js';
import { RestoreError, type RestoreOptions, restoreDomain } from './index.js';

/** Of a record that several types share, the whole. */
type RecordNamed<T> = Record extends infer R
  ? R extends { type: infer N }
    ? T extends N
      ? R
      : never
    : never
  : never;

const MEMORY = { memoryKib: 8 * 1024 };
const BACKENDS = { store: { port: 1, domid: 0 }, console: { port: 2, domid: 0 } };

describe.each(['pv', 'hvm'] as const)('a %s stream that is not what it should be', (kind) => {
  let host: TestHost;
  let stream: Uint8Array;
  let pieces: Piece[];
  let freePages: number;

  beforeAll(async () => {
    host = await testHost(41, 64);
    const guest = await TestGuest.build(host, { kind, ...MEMORY, cmdline: 'working-set=1M rate=5000' });
    await guest.start();
    const sink = new MemorySink();
    const { hypervisor } = host;
    const callbacks = guest.callbacks();
    await saveDomain({ hypervisor, domid: guest.domid, sink, live: false, debug: false, callbacks });
    await guest.destroy();
    stream = sink.bytes();
    pieces = await piecesOf(stream);
    freePages = (await hypervisor.info()).freePages;
  });
  afterAll(() => host.close());

  /** Restores into a domain of its own, and destroys that: no page may be gone afterwards. */
  async function restore(bytes: Uint8Array, changes: Partial<RestoreOptions> = {}) {
    const domid = await host.newDomain(kind, MEMORY.memoryKib);
    const options = { hypervisor: host.hypervisor, domid, reader: new ByteReader(byteSource(bytes)), ...BACKENDS };
    const outcome = await restoreDomain({ ...options, ...changes }).catch((e: unknown) => e);
    await host.hypervisor.destroyDomain(domid);
    expect([...host.host.state.connections].reduce((sum, { mappings }) => sum + mappings.size, 0)).toBe(0);
    expect((await host.hypervisor.info()).freePages).toBe(freePages);
    return outcome;
  }

  async function failure(bytes: Uint8Array, changes: Partial<RestoreOptions> = {}): Promise<RestoreError> {
    const error = await restore(bytes, changes);
    expect(error).toBeInstanceOf(RestoreError);
    return error as RestoreError;
  }

  /** An HVM guest's pfns reach up to its rings below 4 GiB: each try takes longer. */
  const runs = (pv: number) => (kind === 'pv' ? pv : Math.ceil(pv / 5));

  const spoilt = async (change: (pieces: Piece[]) => Piece[], version: 2 | 3 = 3) =>
    streamOf(change([...pieces]), kind, version);

  test('nothing is wrong with the stream that all of these are made of', async () => {
    expect(await restore(stream)).toMatchObject({ guestType: kind, warnings: [], bytesRead: stream.length });
    expect(await restore(await spoilt((all) => all))).toMatchObject({ bytesRead: stream.length });
  });

  test('cut short anywhere', async () => {
    const positions = fc.sample(fc.integer({ min: 0, max: stream.length - 1 }), { numRuns: runs(10), seed: 7 });
    for (const length of [0, 23, 39, 40, 47, stream.length - 8, stream.length - 1, ...positions]) {
      const error = await failure(stream.subarray(0, length));
      expect(error).toMatchObject({ code: 'STREAM', cause: { name: 'StreamError', code: 'TRUNCATED' } });
      expect(error.offset).toBeLessThanOrEqual(length);
    }
  });

  test('cancelled', async () => {
    const cancel = new AbortController();
    const error = await failure(stream, { signal: cancel.signal, onProgress: () => cancel.abort(new Error('ctrl-c')) });
    expect(error).toMatchObject({ code: 'ABORTED', phase: 'contents', cause: { message: 'ctrl-c' } });
  });

  test('records out of their order', async () => {
    const first = (type: string) => pieces.find((p) => p.kind === 'record' && p.record.type === type)!;
    const pages = pieces.find((p) => p.kind === 'pages')!;
    const without = (type: string) => spoilt((all) => all.filter((p) => p !== first(type)));
    expect(await failure(await without('STATIC_DATA_END'))).toMatchObject({ code: 'ORDER', phase: 'static-data' });
    expect(await failure(await spoilt((all) => [pages, ...all]))).toMatchObject({
      code: 'ORDER',
      record: { index: 0 },
    });
    for (const type of ['STATIC_DATA_END', 'X86_CPUID_POLICY', 'X86_MSR_POLICY', 'CHECKPOINT'] as const) {
      const late: Piece = { kind: 'record', record: { type, data: new Uint8Array(48) } as Record };
      const error = await failure(await spoilt((all) => [...all.slice(0, -1), late, ...all.slice(-1)]));
      expect(error).toMatchObject({ code: 'ORDER', record: { type } });
    }
    const toolstack: Piece = { kind: 'record', record: { type: 'TOOLSTACK', data: new Uint8Array(8) } };
    expect(await failure(await spoilt((all) => [...all.slice(0, -1), toolstack]))).toMatchObject({
      code: 'UNEXPECTED_RECORD',
    });
  });

  test('records that nobody knows: optional ones are passed over, mandatory ones are not', async () => {
    const unknown = (optional: boolean): Piece => ({
      kind: 'record',
      record: { type: 'UNKNOWN', number: 0x123, optional, data: new Uint8Array(5) },
    });
    expect(await restore(await spoilt((all) => [unknown(true), ...all]))).toMatchObject({ guestType: kind });
    expect(await failure(await spoilt((all) => [unknown(false), ...all]))).toMatchObject({
      record: { type: 'UNKNOWN' },
    });
    const late = await spoilt((all) => [...all.slice(0, -1), unknown(false), ...all.slice(-1)]);
    expect(await failure(late)).toMatchObject({ code: 'UNEXPECTED_RECORD' });
  });

  test('a version 2 stream says nothing of static data; the toolstack is told what is missing', async () => {
    const policies = new Set(['X86_CPUID_POLICY', 'X86_MSR_POLICY', 'STATIC_DATA_END']);
    const old = await spoilt((all) => all.filter((p) => p.kind === 'pages' || !policies.has(p.record.type)), 2);
    const asked: unknown[] = [];
    const staticDataDone = async (missing: unknown) => void asked.push(missing);
    expect(await restore(old, { callbacks: { staticDataDone } })).toMatchObject({ version: 2 });
    expect(asked).toEqual([{ cpuid: true, msr: true }]);
    expect(await restore(stream, { callbacks: { staticDataDone } })).toMatchObject({ version: 3 });
    expect(asked[1]).toMatchObject({ cpuid: false });
    const refuse = { staticDataDone: () => Promise.reject(new Error('no policy')) };
    expect(await failure(old, { callbacks: refuse })).toMatchObject({
      code: 'STATIC_DATA',
      cause: { message: 'no policy' },
    });
  });

  test('a CPU that this host does not have', async () => {
    const leaf = new Uint8Array(24).fill(0xff);
    const bad = await spoilt((all) => [
      { kind: 'record', record: { type: 'X86_CPUID_POLICY', data: leaf } },
      ...all.filter((p) => p.kind === 'pages' || p.record.type !== 'X86_CPUID_POLICY'),
    ]);
    expect(await failure(bad)).toMatchObject({ code: 'CPU_POLICY', phase: 'static-data' });

    const richer = await spoilt((all) =>
      all.map((p): Piece => {
        if (p.kind === 'pages' || p.record.type !== 'X86_CPUID_POLICY') return p;
        const leaves = decodeCpuidPolicy(p.record.data);
        const features = leaves.find(({ leaf, subleaf }) => leaf === 7 && subleaf === 0)!;
        // AVX512F and AVX512DQ.
        const data = encodeCpuidPolicy(leaves.map((l) => (l === features ? { ...l, b: (l.b | 0x30000) >>> 0 } : l)));
        return { kind: 'record', record: { type: 'X86_CPUID_POLICY', data } };
      }),
    );
    const text = 'CPUID 0x7.0 ebx: AVX512F, AVX512DQ';
    expect(await failure(richer)).toMatchObject({ code: 'CPU_FEATURES', message: expect.stringContaining(text) });
    expect(await restore(richer, { missingCpuFeatures: 'force' })).toMatchObject({
      warnings: [`the guest lost features of its CPU, ${text}`],
    });
  });

  test('more pages than the domain may have', async () => {
    const flood = async (pfnOf: (i: number) => number, count: number) => {
      const pfns = Float64Array.from({ length: count }, (_, i) => pfnOf(i));
      const types = new Uint8Array(count).fill(PAGE_TYPE.XALLOC);
      return spoilt((all) => [
        ...all.slice(0, -1),
        { kind: 'pages', pfns, types, data: new Uint8Array(0) },
        ...all.slice(-1),
      ]);
    };
    const before = process.memoryUsage().arrayBuffers;
    const error = await failure(await flood((i) => 100_000 + i * 40_000, 100_000));
    expect(['NO_MEMORY', 'BAD_PFN']).toContain(error.code);
    expect(await failure(await flood((i) => 2 ** 51 - i, 10))).toMatchObject({ code: 'BAD_PFN' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
  });

  test('the verification pass compares; what differs is reported and does no harm', async () => {
    const pages = pieces.filter((p) => p.kind === 'pages');
    const sent = pages.find((p) => p.types.every((type) => type === PAGE_TYPE.NOTAB))!;
    const other = { ...sent, data: sent.data.slice() };
    other.data[4096 * 3 + 17]! ^= 1;
    const verify: Piece = { kind: 'record', record: { type: 'VERIFY' } };
    const at = pieces.findLastIndex((p) => p.kind === 'pages') + 1;
    const debug = await spoilt((all) => [
      ...all.slice(0, at),
      verify,
      ...pages.map((p) => (p === sent ? other : p)),
      ...all.slice(at),
    ]);
    expect(await restore(debug)).toMatchObject({ verifyMismatches: [sent.pfns[3]] });
  });

  test('a stream for the other kind of domain', async () => {
    const domid = await host.newDomain(kind === 'pv' ? 'hvm' : 'pv', MEMORY.memoryKib);
    const reader = new ByteReader(byteSource(stream));
    const error = await restoreDomain({ hypervisor: host.hypervisor, domid, reader, ...BACKENDS }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: 'HEADERS', phase: 'headers', record: undefined });
    await host.hypervisor.destroyDomain(domid);
  });

  if (kind === 'pv') {
    const edit = <T extends Record['type']>(type: T, change: (record: RecordNamed<T>) => Record | undefined) =>
      spoilt((all) =>
        all.flatMap((p): Piece[] => {
          if (p.kind === 'pages' || p.record.type !== type) return [p];
          const record = change(structuredClone(p.record) as RecordNamed<T>);
          return record === undefined ? [] : [{ kind: 'record', record }];
        }),
      );

    test.each([
      ['twice', async () => spoilt((all) => [all[0]!, ...all]), 'ORDER'],
      ['missing', () => edit('X86_PV_INFO', () => undefined), 'ORDER'],
      ['of no width', () => edit('X86_PV_INFO', (r) => ({ ...r, ptLevels: 3 })), 'STREAM'],
    ] as const)('X86_PV_INFO %s', async (_, make, code) => {
      expect(await failure(await make())).toMatchObject({ code });
    });

    test.each([
      ['that claims the world', { startPfn: 0, endPfn: 0xffff_ffff }],
      ['that begins behind a gap', { startPfn: 2 ** 20, endPfn: 2 ** 20 + 511 }],
      ['that ends before it begins', { startPfn: 4096, endPfn: 10 }],
    ] as const)('X86_PV_P2M_FRAMES %s', async (_, range) => {
      const error = await failure(
        await edit('X86_PV_P2M_FRAMES', (r) => ({ ...r, ...range, frames: r.frames.slice(0, 1) })),
      );
      expect(error).toMatchObject({ code: 'BAD_RECORD', record: { type: 'X86_PV_P2M_FRAMES' } });
    });

    test.each([
      ['past its pfns', 2 ** 40],
      ['which is a page table', 'table'],
    ] as const)('a p2m page %s', async (_, where) => {
      const pfn = where === 'table' ? tablePfn(pieces) : where;
      const error = await failure(await edit('X86_PV_P2M_FRAMES', (r) => ({ ...r, frames: r.frames.fill(pfn, 1, 2) })));
      expect(error).toMatchObject({ code: 'BAD_P2M', phase: 'completion' });
    });

    test.each([
      ['start_info past its pfns', 616, 2n ** 40n],
      ['start_info that is all ones', 616, 2n ** 64n - 1n],
      ['more GDT entries than a guest has', 4960, 7169n],
      ['a GDT in no page', 4832, 2n ** 30n],
      ['a CR3 that is plain memory', 5008, 1n << 12n],
      ['a CR3 of nothing', 5008, 2n ** 62n],
      ['a user page table that is plain memory', 4992, (1n << 12n) | 1n],
    ] as const)('a vcpu with %s', async (what, offset, value) => {
      const bytes = await edit('X86_PV_VCPU_BASIC', (r) => {
        const view = new DataView(r.data.buffer, r.data.byteOffset);
        if (what === 'a GDT in no page') view.setBigUint64(4960, 512n, true);
        view.setBigUint64(offset, value, true);
        return r;
      });
      expect(await failure(bytes)).toMatchObject({ code: 'BAD_VCPU', phase: 'completion' });
    });

    test('state of a vcpu that the domain does not have, of a wrong size, or none at all', async () => {
      expect(await failure(await edit('X86_PV_VCPU_BASIC', (r) => ({ ...r, vcpu: 7 })))).toMatchObject({
        code: 'BAD_RECORD',
        vcpu: 7,
      });
      const short = await edit('X86_PV_VCPU_BASIC', (r) => ({ ...r, data: r.data.slice(8) }));
      expect(await failure(short)).toMatchObject({ code: 'BAD_RECORD' });
      const empty = await edit('X86_PV_VCPU_BASIC', (r) => ({ ...r, data: new Uint8Array(0) }));
      expect(await failure(empty)).toMatchObject({ code: 'ORDER', phase: 'completion' });
      expect(await failure(await edit('SHARED_INFO', (r) => ({ ...r, data: r.data.slice(8) })))).toMatchObject({
        code: expect.stringMatching(/BAD_RECORD|STREAM/),
      });
    });

    test('a page table that maps a pfn which the guest can not have, and one that maps itself writable', async () => {
      const withEntry = (entry: (pfn: number) => bigint) =>
        spoilt((all) =>
          all.map((p) => {
            if (p.kind !== 'pages') return p;
            const at = p.types.findIndex((type) => (type & 7) === 1);
            if (at < 0) return p;
            const data = p.data.slice();
            const before = p.types.subarray(0, at).filter((type) => type < 0xd).length;
            new DataView(data.buffer).setBigUint64(before * 4096 + 511 * 8, entry(p.pfns[at]!), true);
            return { ...p, data };
          }),
        );
      const far = await failure(await withEntry(() => ((2n ** 39n) << 12n) | 1n));
      expect(far).toMatchObject({ code: 'UNTRANSLATABLE_ENTRY', entry: 511, record: { type: 'PAGE_DATA' } });
      const self = await failure(await withEntry((pfn) => (BigInt(pfn) << 12n) | 3n));
      expect(self).toMatchObject({ code: 'PAGE_TABLES', phase: 'completion' });
    });
  }

  if (kind === 'hvm') {
    const without = (type: string) => spoilt((all) => all.filter((p) => p.kind === 'pages' || p.record.type !== type));

    test('no context, or one that is none', async () => {
      expect(await failure(await without('HVM_CONTEXT'))).toMatchObject({ code: 'ORDER', phase: 'completion' });
      const bad = await spoilt((all) =>
        all.map((p) =>
          p.kind === 'record' && p.record.type === 'HVM_CONTEXT'
            ? { kind: 'record', record: { type: 'HVM_CONTEXT', data: p.record.data.slice(0, -3) } }
            : p,
        ),
      );
      expect(await failure(bad)).toMatchObject({ code: 'HYPERVISOR', phase: 'completion' });
    });

    test('a param that old streams have and no hypervisor takes is passed over', async () => {
      const withParam = await spoilt((all) =>
        all.map((p) =>
          p.kind === 'record' && p.record.type === 'HVM_PARAMS'
            ? { kind: 'record', record: { type: 'HVM_PARAMS', params: [{ index: 4, value: 1n }, ...p.record.params] } }
            : p,
        ),
      );
      expect(await restore(withParam)).toMatchObject({ guestType: 'hvm' });
    });

    test("a PV guest's record", async () => {
      const strange: Piece = { kind: 'record', record: { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 } };
      expect(await failure(await spoilt((all) => [strange, ...all]))).toMatchObject({ code: 'UNEXPECTED_RECORD' });
    });
  }
});

function tablePfn(pieces: readonly Piece[]): number {
  for (const piece of pieces) {
    if (piece.kind !== 'pages') continue;
    const at = piece.types.findIndex((type) => (type & 7) === 1);
    if (at >= 0) return piece.pfns[at]!;
  }
  throw new Error('the stream has no page table');
}
