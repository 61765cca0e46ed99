import { beforeAll, describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { LibxcReader } from '../libxc/reader.js';
import { sampleLibxc } from '../testing/sample-streams.js';
import { verifyStream } from './verify-stream.js';

interface Damage {
  readonly what: string;
  readonly guestType: 'pv' | 'hvm';
  /** Which record, counted from 0; -1 is the image header, -2 the domain header. */
  readonly record: number;
  /** Bytes from the start of that record or header. */
  readonly at: number;
  readonly bytes: readonly number[];
  /** The first error: its rule, and where it is, counted from the same place. */
  readonly rule: string;
  readonly offset: number;
}

// Records of the samples (version 3): PV 0 PV_INFO, 1 CPUID, 2 MSR, 3 STATIC_DATA_END, 4 P2M_FRAMES, 5 and 6 PAGE_DATA, 7 TSC,
// 8 SHARED_INFO, 9 to 12 vcpu, 13 END. HVM 0 CPUID, 1 MSR, 2 STATIC_DATA_END, 3 PAGE_DATA, 4 TSC, 5 context, 6 params, 7 END.
const CORPUS: readonly Damage[] = [
  { what: 'marker', guestType: 'hvm', record: -1, at: 3, bytes: [0], rule: 'header-marker', offset: 0 },
  { what: 'id', guestType: 'hvm', record: -1, at: 8, bytes: [0], rule: 'header-id', offset: 8 },
  { what: 'version 4', guestType: 'hvm', record: -1, at: 15, bytes: [4], rule: 'header-version', offset: 12 },
  { what: 'reserved option', guestType: 'hvm', record: -1, at: 17, bytes: [2], rule: 'header-options', offset: 16 },
  {
    what: 'reserved in image header',
    guestType: 'hvm',
    record: -1,
    at: 20,
    bytes: [1],
    rule: 'header-reserved',
    offset: 18,
  },
  { what: 'guest type 3', guestType: 'hvm', record: -2, at: 0, bytes: [3], rule: 'header-type', offset: 0 },
  { what: 'page shift', guestType: 'hvm', record: -2, at: 4, bytes: [13], rule: 'header-page_shift', offset: 4 },
  { what: 'unknown record', guestType: 'hvm', record: 4, at: 0, bytes: [0x13], rule: 'unknown-record', offset: 0 },
  { what: 'optional record', guestType: 'hvm', record: 4, at: 3, bytes: [0x80], rule: 'unknown-record', offset: 0 },
  { what: 'END with a length', guestType: 'hvm', record: 2, at: 4, bytes: [8], rule: 'record-length', offset: 4 },
  { what: 'record of 2 GiB', guestType: 'hvm', record: 4, at: 7, bytes: [0x80], rule: 'record-length-max', offset: 4 },
  { what: 'CPUID length', guestType: 'hvm', record: 0, at: 4, bytes: [47], rule: 'padding', offset: 55 },
  { what: 'MSR policy twice', guestType: 'hvm', record: 0, at: 0, bytes: [0x12], rule: 'duplicate-record', offset: 56 },
  { what: 'no pfns', guestType: 'hvm', record: 3, at: 8, bytes: [0], rule: 'page-data-count', offset: 8 },
  { what: 'too many pfns', guestType: 'hvm', record: 3, at: 10, bytes: [9], rule: 'page-data-count', offset: 8 },
  {
    what: 'reserved in PAGE_DATA',
    guestType: 'hvm',
    record: 3,
    at: 12,
    bytes: [1],
    rule: 'page-data-reserved',
    offset: 12,
  },
  {
    what: 'reserved pfn bits',
    guestType: 'hvm',
    record: 3,
    at: 22,
    bytes: [0x10],
    rule: 'pfn-reserved-bits',
    offset: 16,
  },
  { what: 'page type 5', guestType: 'hvm', record: 3, at: 23, bytes: [0x50], rule: 'page-type', offset: 16 },
  { what: 'a page less', guestType: 'hvm', record: 3, at: 23, bytes: [0xe0], rule: 'page-data-length', offset: 4 },
  { what: 'no context', guestType: 'hvm', record: 5, at: 0, bytes: [0x0b], rule: 'misplaced-record', offset: 0 },
  { what: 'chain of the context', guestType: 'hvm', record: 5, at: 12, bytes: [200], rule: 'hvm-context', offset: 8 },
  { what: 'parameter count', guestType: 'hvm', record: 6, at: 8, bytes: [3], rule: 'record-length', offset: 4 },
  { what: 'PV record', guestType: 'hvm', record: 4, at: 0, bytes: [7], rule: 'guest-type', offset: 0 },
  { what: 'guest width 5', guestType: 'pv', record: 0, at: 8, bytes: [5], rule: 'record-guest_width', offset: 8 },
  { what: 'width and levels', guestType: 'pv', record: 0, at: 9, bytes: [3], rule: 'pv-info-value', offset: 8 },
  { what: 'p2m frames', guestType: 'pv', record: 4, at: 13, bytes: [9], rule: 'p2m-frames-count', offset: 12 },
  { what: 'p2m range', guestType: 'pv', record: 4, at: 11, bytes: [1], rule: 'p2m-frames-range', offset: 8 },
  { what: 'wide frame', guestType: 'pv', record: 4, at: 23, bytes: [1], rule: 'frame-width', offset: 16 },
  { what: 'pfn beyond the p2m', guestType: 'pv', record: 5, at: 18, bytes: [1], rule: 'pfn-range', offset: 16 },
  { what: 'shared info length', guestType: 'pv', record: 8, at: 4, bytes: [1], rule: 'padding', offset: 4108 },
  { what: 'vcpu reserved', guestType: 'pv', record: 9, at: 12, bytes: [1], rule: 'record-reserved', offset: 12 },
  { what: 'other vcpu', guestType: 'pv', record: 10, at: 8, bytes: [1], rule: 'order-vcpu', offset: 0 },
  { what: 'early END', guestType: 'pv', record: 3, at: 0, bytes: [0], rule: 'order-static-data', offset: 0 },
];

const IMAGE_SIZE = 24;

describe.each(CORPUS)('$guestType: $what', ({ guestType, record, at, bytes, rule, offset }) => {
  let stream: Uint8Array;
  let start: number;
  beforeAll(async () => {
    stream = await sampleLibxc({ version: 3, endian: 'little', guestType });
    start = record === -1 ? 0 : record === -2 ? IMAGE_SIZE : ((await recordOffsets(stream))[record] ?? Number.NaN);
    stream.set(bytes, start + at);
  });

  it(`is error ${rule} at +${offset}`, async () => {
    const { problems } = await verifyStream(new ByteReader(byteSource(stream)));
    expect(problems[0]).toMatchObject({ severity: 'error', layer: 'libxc', rule, offset: start + offset });
    expect(problems[0]?.spec).toMatch(/^libxc-migration-stream, /);
    if (record >= 0 && offset < 56) expect(problems[0]?.recordIndex).toBe(record);
  });

  it('with stopAtFirst the same error alone', async () => {
    const { problems } = await verifyStream(new ByteReader(byteSource(stream)), { stopAtFirst: true });
    expect(problems.map((problem) => [problem.rule, problem.offset])).toEqual([[rule, start + offset]]);
  });
});

async function recordOffsets(stream: Uint8Array): Promise<number[]> {
  const reader = new LibxcReader(new ByteReader(byteSource(stream)));
  await reader.headers();
  const offsets: number[] = [];
  for (let record = await reader.next(); record !== undefined; record = await reader.next())
    offsets.push(record.offset);
  return offsets;
}
