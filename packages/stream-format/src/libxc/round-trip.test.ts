import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { copyStream } from '../stream/copy.js';
import { PAGE_SIZE } from './layouts.js';
import { hasPageData, PAGE_TYPE } from './page-types.js';
import { LibxcReader } from './reader.js';
import type { LibxcHeaders, PlainLibxcRecord } from './records.js';
import { LibxcWriter } from './writer.js';

/** Fewer for mutation testing, where each change of the code has a run. */
const RUNS = Number(process.env.XEN_FORMAT_RUNS ?? 150);

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const pfn = fc.integer({ min: 0, max: 2 ** 52 - 1 });
const data = (minLength = 0) => fc.uint8Array({ minLength, maxLength: 100 });
const entries = (size: number) =>
  fc.integer({ min: 1, max: 5 }).chain((n) => fc.uint8Array({ minLength: n * size, maxLength: n * size }));
const frames = fc.array(pfn, { maxLength: 9 }).map((list) => Float64Array.from(list));

const record: fc.Arbitrary<PlainLibxcRecord> = fc.oneof(
  fc.record({ type: fc.constantFrom('VERIFY' as const, 'CHECKPOINT' as const, 'STATIC_DATA_END' as const) }),
  fc.constantFrom<PlainLibxcRecord>(
    { type: 'X86_PV_INFO', guestWidth: 4, ptLevels: 3 },
    { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 },
  ),
  fc.record({ type: fc.constant('X86_PV_P2M_FRAMES' as const), startPfn: u32, endPfn: u32, frames }),
  fc.record({
    type: fc.constantFrom(
      'X86_PV_VCPU_BASIC' as const,
      'X86_PV_VCPU_EXTENDED' as const,
      'X86_PV_VCPU_XSAVE' as const,
      'X86_PV_VCPU_MSRS' as const,
    ),
    vcpu: u32,
    data: data(),
  }),
  fc.record({ type: fc.constantFrom('HVM_CONTEXT' as const, 'TOOLSTACK' as const), data: data(1) }),
  fc.record({ type: fc.constant('X86_CPUID_POLICY' as const), data: entries(24) }),
  fc.record({ type: fc.constant('X86_MSR_POLICY' as const), data: entries(16) }),
  fc.record({ type: fc.constant('X86_TSC_INFO' as const), mode: u32, khz: u32, nsec: u64, incarnation: u32 }),
  fc.record({
    type: fc.constant('HVM_PARAMS' as const),
    params: fc.array(fc.record({ index: u64, value: u64 }), { maxLength: 5 }),
  }),
  fc.record({ type: fc.constant('CHECKPOINT_DIRTY_PFN_LIST' as const), pfns: frames }),
  fc.record({
    type: fc.constant('UNKNOWN' as const),
    number: fc.integer({ min: 0x13, max: 0x7fff_ffff }),
    optional: fc.boolean(),
    data: data(),
  }),
);

const pages = fc
  .array(fc.tuple(pfn, fc.constantFrom(...Object.values(PAGE_TYPE)), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((list) => ({
    type: 'PAGES' as const,
    pfns: list.map(([n]) => n),
    types: list.map(([, type]) => type),
    pages: list.filter(([, type]) => hasPageData(type)).map(([, , fill]) => new Uint8Array(PAGE_SIZE).fill(fill)),
  }));

const headers: fc.Arbitrary<LibxcHeaders> = fc.record({
  version: fc.constantFrom(2 as const, 3 as const),
  endian: fc.constantFrom('little' as const, 'big' as const),
  guestType: fc.constantFrom('pv' as const, 'hvm' as const),
  pageShift: fc.constant(12),
  xenMajor: u32,
  xenMinor: u32,
});

const stream = fc.record({ headers, records: fc.array(fc.oneof(record, pages), { maxLength: 8 }) });

async function write(sample: { headers: LibxcHeaders; records: (PlainLibxcRecord | Pages)[] }) {
  const sink = new MemorySink();
  const writer = new LibxcWriter(sink);
  await writer.headers(sample.headers);
  for (const one of sample.records) {
    if (one.type === 'PAGES') await writer.pageData(one.pfns, one.types, one.pages);
    else await writer.record(one);
  }
  await writer.record({ type: 'END' });
  expect(writer.bytesWritten).toBe(sink.bytes().length);
  return sink.bytes();
}

type Pages = { type: 'PAGES'; pfns: number[]; types: number[]; pages: Uint8Array[] };

function* chunks(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 });

describe('LibxcWriter and LibxcReader', () => {
  it('give back what was written, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(stream, sizes, async (sample, parts) => {
        const bytes = await write(sample);
        const reader = new LibxcReader(new ByteReader(byteSource(chunks(bytes, parts)), { bufferSize: 8192 }));
        expect(await reader.headers()).toEqual(sample.headers);
        for (const written of sample.records) {
          const read = await reader.next();
          if (written.type !== 'PAGES') {
            expect(read).toMatchObject(written);
            continue;
          }
          if (read?.type !== 'PAGE_DATA') throw new Error(`PAGE_DATA was written, ${read?.type} read`);
          expect([...read.pfns]).toEqual(written.pfns);
          expect([...read.types]).toEqual(written.types);
          for (const page of written.pages) expect(await read.body.next()).toEqual(page);
          expect(await read.body.next()).toBeUndefined();
        }
        expect((await reader.next())?.type).toBe('END');
        expect(await reader.next()).toBeUndefined();
      }),
      { numRuns: RUNS },
    );
  });

  it('copy any stream byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(stream, sizes, async (sample, parts) => {
        const bytes = await write(sample);
        const sink = new MemorySink();
        await copyStream(new ByteReader(byteSource(chunks(bytes, parts))), sink);
        expect(sink.bytes()).toEqual(bytes);
      }),
      { numRuns: RUNS },
    );
  });
});
