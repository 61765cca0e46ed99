import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { concatBytes } from '../bytes/concat.js';
import { POPULATED_RECORD, populatedRecord, SNAPSHOT_RECORD, snapshotRecord } from '../chain/snapshot.js';
import { PAGE_SIZE } from '../libxc/layouts.js';
import { PAGE_TYPE } from '../libxc/page-types.js';
import type { LibxcHeaders, PlainLibxcRecord } from '../libxc/records.js';
import { LibxcWriter } from '../libxc/writer.js';
import { PieceSink } from '../testing/pieces.js';
import { libxcPieces, type SampleOptions } from '../testing/sample-streams.js';
import { verifyStream } from './verify-stream.js';

const { NOTAB, L1TAB, L2TAB, L2TAB_PINNED, L3TAB, L4TAB, XTAB } = PAGE_TYPE;
const DOCUMENT = 'libxc-migration-stream';
/** The two headers. */
const START = 40;

async function report(stream: Uint8Array) {
  const { problems, warnings, stats } = await verifyStream(new ByteReader(byteSource(stream)));
  const said = [...problems, ...warnings].map(
    ({ severity, layer, offset, recordIndex, recordName, rule, message, spec }) =>
      `${severity} ${layer} ${offset} ${recordIndex}/${recordName} ${rule}: ${message} [${spec}]`,
  );
  return { said, stats };
}

const filled = (size: number, byte = 1) => new Uint8Array(size).fill(byte);

/** pfns with their types, each page of content zero but where told. */
interface Pages {
  readonly pages: readonly (readonly [pfn: number, type: number, content?: Uint8Array])[];
}

type Part = PlainLibxcRecord | Pages | Uint8Array;

/** A stream of these records, and where each of them begins. */
async function streamOf(headers: Partial<LibxcHeaders>, parts: readonly Part[]) {
  const sink = new PieceSink();
  const writer = new LibxcWriter(sink);
  const known = { version: 2, endian: 'little', guestType: 'pv', pageShift: 12, xenMajor: 4, xenMinor: 13 } as const;
  await writer.headers({ ...known, ...headers });
  const offsets: number[] = [];
  for (const part of parts) {
    offsets.push(sink.pieces.reduce((sum, { length }) => sum + length, 0));
    if (part instanceof Uint8Array) await sink.writev([part]);
    else if ('pages' in part) await writePages(writer, part);
    else await writer.record(part);
  }
  return { stream: concatBytes(sink.pieces), offsets };
}

async function writePages(writer: LibxcWriter, { pages }: Pages): Promise<void> {
  const contents = pages
    .filter(([, type]) => type < PAGE_TYPE.BROKEN)
    .map(([, , content]) => content ?? new Uint8Array(PAGE_SIZE));
  await writer.pageData(
    pages.map(([pfn]) => pfn),
    pages.map(([, type]) => type),
    contents,
  );
}

const PV64: PlainLibxcRecord = { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 };
const PV32: PlainLibxcRecord = { type: 'X86_PV_INFO', guestWidth: 4, ptLevels: 3 };
const p2m = (endPfn: number, frames: number, startPfn = 0): PlainLibxcRecord => ({
  type: 'X86_PV_P2M_FRAMES',
  startPfn,
  endPfn,
  frames: new Float64Array(frames).fill(1),
});
const SHARED: PlainLibxcRecord = { type: 'SHARED_INFO', data: filled(PAGE_SIZE) };
const basic = (size: number): PlainLibxcRecord => ({ type: 'X86_PV_VCPU_BASIC', vcpu: 0, data: filled(size) });
const XSAVE: PlainLibxcRecord = { type: 'X86_PV_VCPU_XSAVE', vcpu: 0, data: filled(592) };
const END: PlainLibxcRecord = { type: 'END' };
const STATE = [SHARED, basic(5168), XSAVE];

/** A PAGE_DATA record of any words, well formed or not. */
function rawPages(
  words: readonly bigint[],
  pages: number,
  change: { count?: number; length?: number; reserved?: number } = {},
) {
  const length = 8 + words.length * 8 + pages * PAGE_SIZE;
  const bytes = new Uint8Array(8 + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(4, change.length ?? length, true);
  view.setUint32(8, change.count ?? words.length, true);
  view.setUint32(12, change.reserved ?? 0, true);
  for (const [i, word] of words.entries()) view.setBigUint64(16 + i * 8, word, true);
  return bytes;
}

const word = (pfn: number, type: number) => (BigInt(type) << 60n) | BigInt(pfn);

describe('PAGE_DATA', () => {
  const spec = `[${DOCUMENT}, PAGE_DATA]`;

  // The second record of pages goes another way than the first where nothing is wrong with it; the words are the same.
  describe.each(['first', 'second', 'third'])('the %s record', (which) => {
    const before: Pages[] =
      { first: [], second: [1], third: [1, 2] }[which]?.map((pfn) => ({ pages: [[pfn, NOTAB]] })) ?? [];

    async function saidOf(pages: Uint8Array, guestType: 'pv' | 'hvm' = 'pv') {
      const { stream, offsets } =
        guestType === 'pv'
          ? await streamOf({}, [PV64, p2m(1023, 2), ...before, pages, { pages: [[3, NOTAB]] }, ...STATE, END])
          : await streamOf({ guestType }, [...before, pages, { pages: [[3, NOTAB]] }, ...HVM_STATE, END]);
      const index = before.length + (guestType === 'pv' ? 2 : 0);
      const { said, stats } = await report(stream);
      const at = offsets[index] ?? 0;
      const place = new RegExp(`^error libxc (\\d+) ${index}/PAGE_DATA `);
      return { said: said.map((line) => line.replace(place, (_, offset) => `+${offset - at} `)), stats };
    }

    it('may have pages and pfns without any', async () => {
      const { said, stats } = await saidOf(rawPages([word(5, NOTAB), word(6, XTAB), word(1023, L1TAB)], 2));
      expect(said).toEqual([]);
      expect(stats.pages).toBe(before.length + 3);
    });

    it('has no reserved bits in a pfn', async () => {
      for (const bit of [52n, 59n]) {
        const { said } = await saidOf(rawPages([word(5, NOTAB), word(6, XTAB) | (1n << bit)], 1));
        expect(said).toEqual([`+24 pfn-reserved-bits: reserved bits set in pfn[1] ${spec}`]);
      }
    });

    it('has no reserved types', async () => {
      for (const type of [5, 8]) {
        const { said } = await saidOf(rawPages([word(5, NOTAB), word(6, type)], 1));
        expect(said).toEqual([`+24 page-type: pfn[1] has the reserved page type ${type} ${spec}`]);
      }
    });

    it('has no pfn beyond the p2m of a PV guest', async () => {
      const { said } = await saidOf(rawPages([word(1023, NOTAB), word(1024, NOTAB)], 2));
      expect(said).toEqual([`+24 pfn-range: pfn[1] 0x400 is beyond the last of P2M_FRAMES, 0x3ff ${spec}`]);
      const far = await saidOf(rawPages([word(2 ** 40, NOTAB)], 1));
      expect(far.said).toEqual([`+16 pfn-range: pfn[0] 0x10000000000 is beyond the last of P2M_FRAMES, 0x3ff ${spec}`]);
      expect((await saidOf(rawPages([word(2 ** 40, NOTAB)], 1), 'hvm')).said).toEqual([]);
    });

    it('has as many pages as types with data', async () => {
      const { said, stats } = await saidOf(rawPages([word(5, NOTAB), word(6, XTAB)], 2));
      expect(said).toEqual([`+4 page-data-length: body of 8216 bytes, must be 4120 for 2 pfns and 1 pages ${spec}`]);
      expect(stats.pages).toBe(before.length + 1);
    });

    it('has a count that fits', async () => {
      const none = await saidOf(rawPages([word(5, NOTAB)], 1, { count: 0 }));
      expect(none.said).toEqual([`+8 page-data-count: count 0 does not fit a body of 4112 bytes ${spec}`]);
      const many = await saidOf(rawPages([word(5, NOTAB)], 1, { count: 514 }));
      expect(many.said).toEqual([`+8 page-data-count: count 514 does not fit a body of 4112 bytes ${spec}`]);
    });

    it('has a reserved field of zeros', async () => {
      const { said, stats } = await saidOf(rawPages([word(5, NOTAB)], 1, { reserved: 1 }));
      expect(said).toEqual([`+12 page-data-reserved: reserved bytes at +4 are not zero ${spec}`]);
      expect(stats.pages).toBe(before.length + 2);
    });

    it('has room for a pfn', async () => {
      const { said } = await saidOf(rawPages([], 0));
      expect(said).toEqual([`+4 record-length: body of 8 bytes has no room for a pfn ${spec}`]);
    });

    it('may be longer than what is read at once', async () => {
      const words = Array.from({ length: 5000 }, (_, i) => word(i % 1024, XTAB));
      expect((await saidOf(rawPages(words, 0))).said).toEqual([]);
      const { said } = await saidOf(rawPages([...words, word(6, 7)], 0));
      expect(said).toEqual([`+40016 page-type: pfn[5000] has the reserved page type 7 ${spec}`]);
    });
  });

  it('may be anything but a page table in an HVM guest that has no p2m; in a PV guest the p2m comes first', async () => {
    const { stream } = await streamOf({}, [PV64, { pages: [[2 ** 33, NOTAB]] }, p2m(511, 1), ...STATE, END]);
    expect((await report(stream)).said).toEqual([
      `error libxc 56 1/PAGE_DATA order-p2m-frames: PAGE_DATA before X86_PV_P2M_FRAMES [${DOCUMENT}, Layout, x86 PV Guest]`,
    ]);
  });

  it('that is cut off says so with its own place, whichever record it is', async () => {
    const { stream, offsets } = await streamOf({ guestType: 'hvm' }, [
      { pages: [[1, NOTAB]] },
      { pages: [[2, NOTAB]] },
    ]);
    for (const [i, missing] of [
      [0, stream.length - (offsets[1] ?? 0) + 100],
      [1, 100],
    ] as const) {
      const { said } = await report(stream.subarray(0, stream.length - missing));
      expect(said).toEqual([
        `error libxc ${stream.length - missing} ${i}/PAGE_DATA truncated: the input ends, 100 bytes more were expected ${spec}`,
      ]);
    }
  });

  it.each(['little', 'big'] as const)('%s-endian: counted in every record', async (endian) => {
    const pages: Pages[] = Array.from({ length: 5 }, (_, i) => ({
      pages: [
        [i, NOTAB],
        [100 + i, XTAB],
      ],
    }));
    const { stream } = await streamOf({ endian }, [PV64, p2m(511, 1), ...pages, ...STATE, END]);
    const { said, stats } = await report(stream);
    expect(said).toEqual([]);
    expect(stats).toMatchObject({ pages: 5, libxcRecords: 11, bytes: stream.length });
  });
});

/** Counts what is waited for. */
class CountingReader extends ByteReader {
  reads = 0;
  override read(size: number) {
    this.reads++;
    return super.read(size);
  }
}

describe.each(['little', 'big'] as const)('%s-endian, many records of pages', (endian) => {
  async function readsOf(guestType: 'pv' | 'hvm', records: number): Promise<number> {
    const types = [NOTAB, XTAB, L1TAB, PAGE_TYPE.BROKEN, PAGE_TYPE.XALLOC];
    const pages = Array.from(
      { length: records },
      (_, i): Pages => ({ pages: types.map((type, at) => [i * 5 + at, type]) }),
    );
    // The last pfn of the p2m, and as many pfns in one record as are read at once.
    const [last, many]: Pages[] = [
      { pages: [[511, NOTAB]] },
      { pages: Array.from({ length: 4096 }, (_, i) => [i % 512, XTAB] as const) },
    ] as [Pages, Pages];
    const parts = guestType === 'pv' ? [PV64, p2m(511, 1)] : [];
    const state = guestType === 'pv' ? STATE : HVM_STATE;
    const { stream } = await streamOf({ endian, guestType }, [
      ...parts,
      ...pages,
      ...(records > 1 ? [last, many] : []),
      ...state,
      END,
    ]);
    const reader = new CountingReader(byteSource(stream));
    expect(await verifyStream(reader)).toMatchObject({ problems: [], warnings: [], stats: { bytes: stream.length } });
    return reader.reads;
  }

  it.each(['pv', 'hvm'] as const)(
    'of a %s guest are passed over without waiting: only the first is waited for',
    async (guestType) => {
      expect(await readsOf(guestType, 50)).toBe(await readsOf(guestType, 1));
    },
  );
});

const HVM_STATE: PlainLibxcRecord[] = [
  { type: 'HVM_CONTEXT', data: new Uint8Array(8) },
  { type: 'HVM_PARAMS', params: [{ index: 1n, value: 2n }] },
];

describe('P2M_FRAMES', () => {
  it.each([
    [PV64, 0, 511, 1],
    [PV64, 0, 512, 2],
    [PV64, 511, 512, 2],
    [PV64, 512, 1023, 1],
    [PV32, 0, 1023, 1],
    [PV32, 1, 1024, 2],
  ])('%o: pfns %s to %s are in %s frames', async (info, start, end, frames) => {
    const state = [SHARED, basic(info === PV64 ? 5168 : 2800), XSAVE];
    const pages: Pages = { pages: [[start, NOTAB]] };
    const of = async (count: number) =>
      (await report((await streamOf({}, [info, p2m(end, count, start), pages, ...state, END])).stream)).said;
    expect(await of(frames)).toEqual([]);
    const spec = `[${DOCUMENT}, X86_PV_P2M_FRAMES]`;
    expect(await of(frames + 1)).toEqual([
      `error libxc 68 1/X86_PV_P2M_FRAMES p2m-frames-count: ${frames + 1} frames, must be ${frames} for that range ${spec}`,
    ]);
  });

  it('have a range that ascends', async () => {
    const { stream } = await streamOf({}, [PV64, p2m(31, 1), p2m(16, 1, 17), { pages: [[31, NOTAB]] }, ...STATE, END]);
    const spec = `[${DOCUMENT}, X86_PV_P2M_FRAMES]`;
    expect((await report(stream)).said).toEqual([
      `error libxc 88 2/X86_PV_P2M_FRAMES p2m-frames-range: range 0x11 to 0x10 ${spec}`,
    ]);
  });

  it('of the largest range count, in whichever order', async () => {
    const { stream } = await streamOf({}, [PV64, p2m(600, 2), p2m(31, 1), { pages: [[600, NOTAB]] }, ...STATE, END]);
    expect((await report(stream)).said).toEqual([]);
  });
});

describe('a PV guest that a restore would break', () => {
  const table = (entry: number, pfn: number) => {
    const page = new Uint8Array(PAGE_SIZE);
    new DataView(page.buffer).setBigUint64(entry * 8, (BigInt(pfn) << 12n) | 1n, true);
    return page;
  };

  it('is one whose page table is lost: a warning names it at the end', async () => {
    const pages: Pages[] = [
      { pages: [[9, NOTAB]] },
      {
        pages: [
          [1, L4TAB, table(511, 2)],
          [8, NOTAB],
          [2, L3TAB, table(1, 3)],
        ],
      },
      {
        pages: [
          [3, L2TAB_PINNED, table(7, 0x10)],
          [0x10, XTAB],
        ],
      },
    ];
    const { stream, offsets } = await streamOf({}, [PV64, p2m(511, 1), ...pages, ...STATE, END]);
    const { said, stats } = await report(stream);
    expect(said).toEqual([
      `warning libxc ${offsets.at(-1)} 8/END lost-page-table: entry 7 of the L2 page table at pfn 0x3 points to pfn 0x10, which must be an L1 page table and is XTAB; a guest restored from this stream will crash [${DOCUMENT}, PAGE_DATA]`.replace(
        'lost-page-table: ',
        'lost-page-table: lost page table: ',
      ),
    ]);
    expect(stats.pages).toBe(5);
  });

  it('is none whose tables come later, or anew', async () => {
    const pages: Pages[] = [
      {
        pages: [
          [1, L2TAB, table(0, 2)],
          [3, L2TAB, table(0, 9)],
        ],
      },
      { pages: [[3, NOTAB]] },
      { pages: [[2, L1TAB]] },
    ];
    const { stream } = await streamOf({}, [PV64, p2m(511, 1), ...pages, ...STATE, END]);
    expect((await report(stream)).said).toEqual([]);
  });

  it('is looked at at each checkpoint, too', async () => {
    const pages: Pages = { pages: [[1, L2TAB, table(0, 2)]] };
    const later: Pages = { pages: [[2, L1TAB]] };
    const parts: Part[] = [PV64, p2m(511, 1), pages, ...STATE, { type: 'CHECKPOINT' }, later, ...STATE, END];
    const { said } = await report((await streamOf({}, parts)).stream);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/6\/CHECKPOINT lost-page-table: .* pfn 0x2, .* is not in the stream;/);
  });

  it('is a 64-bit one without xsave; a 32-bit one may be without', async () => {
    const state = [SHARED, basic(5168)];
    const { stream, offsets } = await streamOf({}, [PV64, p2m(511, 1), { pages: [[1, NOTAB]] }, ...state, END]);
    expect((await report(stream)).said).toEqual([
      `warning libxc ${offsets.at(-1)} 5/END no-xsave: no X86_PV_VCPU_XSAVE of vcpu 0: a 64-bit guest that used xsave crashes soon after its restore [${DOCUMENT}, END]`,
    ]);
    const narrow = await streamOf({}, [PV32, p2m(511, 1), { pages: [[1, NOTAB]] }, SHARED, basic(2800), END]);
    expect((await report(narrow.stream)).said).toEqual([]);
    // Without its vcpu, that alone is said.
    const none = await streamOf({}, [PV64, p2m(511, 1), { pages: [[1, NOTAB]] }, SHARED, END]);
    expect((await report(none.stream)).said).toEqual([expect.stringContaining('END without X86_PV_VCPU_BASIC')]);
  });

  it('is not known where pfns are too thinly spread', async () => {
    const thin: Pages = { pages: Array.from({ length: 5000 }, (_, i) => [i * 2 ** 16, XTAB] as const) };
    // One frame instead of millions: an error of its own.
    const { stream, offsets } = await streamOf({}, [PV64, p2m(0xffff_ffff, 1), thin, ...STATE, END]);
    const { said } = await report(stream);
    expect(said).toEqual([
      expect.stringContaining('p2m-frames-count: 1 frames, must be 8388608 for that range'),
      `warning libxc ${offsets.at(-1)} 6/END page-tables-not-checked: the pfns are spread too thinly: page tables were not followed [${DOCUMENT}, END]`,
    ]);
  });
});

describe('a record of state', () => {
  it('of a vcpu has the size of its kind, and something in it', async () => {
    const vcpu = (type: 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_MSRS', size: number): PlainLibxcRecord => ({
      type,
      vcpu: 0,
      data: filled(size),
    });
    const records = [basic(2800), XSAVE, vcpu('X86_PV_VCPU_EXTENDED', 136), vcpu('X86_PV_VCPU_MSRS', 0)];
    const parts: Part[] = [PV64, p2m(511, 1), { pages: [[1, NOTAB]] }, SHARED, ...records, END];
    const { stream, offsets } = await streamOf({}, parts);
    const spec = `[${DOCUMENT}, X86_PV_VCPU_BASIC, EXTENDED, XSAVE, MSRS]`;
    const at = (i: number) => offsets[i] ?? 0;
    expect((await report(stream)).said).toEqual([
      `error libxc ${at(4) + 4} 4/X86_PV_VCPU_BASIC vcpu-length: context of 2800 bytes, must be 5168 for a guest of this width ${spec}`,
      `error libxc ${at(6) + 4} 6/X86_PV_VCPU_EXTENDED vcpu-length: extended context of 136 bytes, at most 128 are possible ${spec}`,
      `warning libxc ${at(7)} 7/X86_PV_VCPU_MSRS empty-record: X86_PV_VCPU_MSRS without content ${spec}`,
    ]);
  });

  it('of HVM parameters has some', async () => {
    const [context] = HVM_STATE as [PlainLibxcRecord];
    const parts: Part[] = [{ pages: [[1, NOTAB]] }, context, { type: 'HVM_PARAMS', params: [] }, END];
    const { stream, offsets } = await streamOf({ guestType: 'hvm' }, parts);
    expect((await report(stream)).said).toEqual([
      `warning libxc ${offsets[2]} 2/HVM_PARAMS empty-record: HVM_PARAMS without parameters [${DOCUMENT}, HVM_PARAMS]`,
    ]);
  });

  it('of the HVM context is a chain: the fault says where it breaks', async () => {
    const [, params] = HVM_STATE as [PlainLibxcRecord, PlainLibxcRecord];
    const context = new Uint8Array(16);
    context[8] = 3;
    const parts: Part[] = [{ pages: [[1, NOTAB]] }, { type: 'HVM_CONTEXT', data: context }, params, END];
    const { stream, offsets } = await streamOf({ guestType: 'hvm' }, parts);
    expect((await report(stream)).said).toEqual([
      `error libxc ${(offsets[1] ?? 0) + 8} 1/HVM_CONTEXT hvm-context: 8 bytes after the END save record [${DOCUMENT}, HVM_CONTEXT]`,
    ]);
  });

  it('that does not belong into a stream', async () => {
    const misplaced: PlainLibxcRecord[] = [
      { type: 'TOOLSTACK', data: filled(8) },
      { type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(1) },
    ];
    const parts: Part[] = [{ pages: [[1, NOTAB]] }, ...misplaced, ...HVM_STATE, END];
    const { stream, offsets } = await streamOf({ guestType: 'hvm' }, parts);
    expect((await report(stream)).said).toEqual([
      `error libxc ${offsets[1]} 1/TOOLSTACK misplaced-record: TOOLSTACK is deprecated [${DOCUMENT}, TOOLSTACK (deprecated)]`,
      `error libxc ${offsets[2]} 2/CHECKPOINT_DIRTY_PFN_LIST misplaced-record: CHECKPOINT_DIRTY_PFN_LIST belongs to the back channel [${DOCUMENT}, CHECKPOINT_DIRTY_PFN_LIST]`,
    ]);
  });
});

describe('records that are not known', () => {
  const unknown = (number: number, size: number, optional = false): PlainLibxcRecord => ({
    type: 'UNKNOWN',
    number,
    optional,
    data: filled(size),
  });
  const spec = `[${DOCUMENT}, Records]`;

  it('are errors, optional or not; what follows is looked at', async () => {
    const parts: Part[] = [unknown(0x13, 3), { pages: [[1, NOTAB]] }, unknown(0x55, 8, true), ...HVM_STATE, END];
    const { stream, offsets } = await streamOf({ guestType: 'hvm' }, parts);
    const { said, stats } = await report(stream);
    expect(said).toEqual([
      `error libxc ${offsets[0]} 0/0x13 unknown-record: mandatory record of unknown type 0x13 ${spec}`,
      `error libxc ${offsets[2]} 2/0x80000055 unknown-record: optional record of unknown type 0x80000055 ${spec}`,
    ]);
    expect(stats.libxcRecords).toBe(6);
  });

  it('end the verification when two are in a row', async () => {
    const parts: Part[] = [{ pages: [[1, NOTAB]] }, unknown(0x13, 3), unknown(0x14, 3), unknown(0x15, 3), END];
    const { said } = await report((await streamOf({ guestType: 'hvm' }, parts)).stream);
    expect(said.map((line) => line.split(' ')[3])).toEqual(['1/0x13', '2/0x14']);
  });

  it('beyond 128 MiB end it, too', async () => {
    const { stream } = await streamOf({ guestType: 'hvm' }, [Uint8Array.of(8, 0, 0, 0, 1, 0, 0, 8)]);
    expect((await report(stream)).said).toEqual([
      `error libxc ${START + 4} 0/X86_TSC_INFO record-length-max: length 134217729 is beyond 134217728 [${DOCUMENT}, X86_TSC_INFO]`,
    ]);
  });
});

describe('an incremental save', () => {
  const id = '11'.repeat(16);
  const parent = '22'.repeat(16);
  const guest: Part[] = [{ pages: [[1, NOTAB]] }, ...HVM_STATE];
  const saidOf = async (...parts: Part[]) => (await report((await streamOf({ guestType: 'hvm' }, parts)).stream)).said;
  const spec = `[${DOCUMENT}, Records]`;

  it('that others build upon is a whole stream', async () => {
    expect(await saidOf(snapshotRecord({ id, parent: undefined }), ...guest, END)).toEqual([]);
  });

  it('that builds upon another can not be restored by itself', async () => {
    const parts = [snapshotRecord({ id, parent }), ...guest, populatedRecord([{ first: 1, count: 4 }]), END];
    expect(await saidOf(...parts)).toEqual([
      `error libxc ${START} 0/SNAPSHOT incremental-save: an incremental save, which holds only what the guest wrote since the save before: merge the two first ${spec}`,
    ]);
  });

  it('has records that are whole', async () => {
    const short = (number: number, optional: boolean): PlainLibxcRecord => ({
      type: 'UNKNOWN',
      number,
      optional,
      data: filled(24),
    });
    expect(await saidOf(short(SNAPSHOT_RECORD, true), ...guest, END)).toEqual([
      `error libxc ${START + 4} 0/SNAPSHOT record-length: offset ${START}: a snapshot record of 24 bytes ${spec}`,
    ]);
    expect(await saidOf(short(POPULATED_RECORD, false), ...guest, END)).toEqual([
      `error libxc ${START + 4} 0/POPULATED record-length: offset ${START}: the record of populated pages has 24 bytes ${spec}`,
    ]);
  });

  it('has no unknown record in them', async () => {
    const unknown: PlainLibxcRecord = { type: 'UNKNOWN', number: 0x77, optional: false, data: filled(0) };
    const parts = [unknown, snapshotRecord({ id, parent: undefined }), unknown, ...guest, END];
    expect((await saidOf(...parts)).map((line) => line.split(' ')[3])).toEqual(['0/0x77', '2/0x77']);
  });
});

describe('the headers', () => {
  async function saidOf(at: number, byte: number, options: Partial<SampleOptions> = {}) {
    const parts = await libxcPieces({ version: 3, endian: 'little', guestType: 'hvm', ...options });
    const stream = concatBytes(parts);
    stream[at] = byte;
    return (await report(stream)).said;
  }

  it('are checked in their own byte orders', async () => {
    for (const endian of ['little', 'big'] as const) {
      expect(await saidOf(23, 1, { endian })).toEqual([
        `error libxc 18 undefined/undefined header-reserved: reserved bytes at +18 are not zero [${DOCUMENT}, Image Header]`,
      ]);
      expect(await saidOf(31, 1, { endian })).toEqual([
        `error libxc 30 undefined/undefined header-reserved: reserved bytes at +6 are not zero [${DOCUMENT}, Domain Header]`,
      ]);
    }
  });

  it('with another version are read as version 3', async () => {
    expect(await saidOf(15, 5)).toEqual([
      `error libxc 12 undefined/undefined header-version: version is 0x5, not 0x2 or 0x3 [${DOCUMENT}, Image Header]`,
    ]);
  });
});
