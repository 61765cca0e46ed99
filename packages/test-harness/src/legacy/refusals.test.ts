import { type ConversionOptions, convertLegacyStream } from '@xen-migration/convert-legacy';
import {
  ByteReader,
  type ByteSource,
  byteSource,
  encodeXlHeader,
  MemorySink,
  StreamError,
  type StreamErrorCode,
  xlHeaderFor,
} from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { filled, i32, u32, u64 } from './bytes.js';
import { legacyGuest } from './guest.js';
import { LegacyWriter, LOST_PAGE, type PhysmapEntry, pageWord, XC_SAVE_ID } from './legacy-writer.js';

const PAGE = Buffer.alloc(4096);

/** A guest of 0x1000 pages whose body begins here: the first chunk is at offset 8. */
const hvm = () => new LegacyWriter(64).p2mSize(0x1000);
/** The head of a PV guest's stream, extended info and p2m and all. */
const PV = legacyGuest({ width: 64, kind: 'pv64', memory: 'none', vcpus: [0], extv: true, xsave: 0x240 });
const pv = () => new LegacyWriter(64).raw(...PV.sections.slice(0, 3));
const bodyAt = PV.sections.slice(0, 3).reduce((sum, { length }) => sum + length, 0);
const vcpu = { context: filled(0x1430, 1), extended: filled(128, 2) };

/** Where the p2m's frames are in such a stream. */
const p2mAt = bodyAt - (PV.sections[2]?.length ?? 0);

const hvmParam = (value: number) => Buffer.concat([i32(XC_SAVE_ID.HVM_VIRIDIAN), u32(0), u64(value)]);
const longName = (length: number): PhysmapEntry => ({ phys: 0n, start: 0n, size: 0n, name: 'a'.repeat(length) });
/** An entry of the toolstack's data whose name has that many bytes. */
const physmap = (nameLength: number) => Buffer.concat([u64(1), u64(2), u64(3), u32(nameLength)]);

const HVM64 = { width: 64, guestType: 'hvm' } as const;

interface Refusal {
  readonly what: string;
  readonly writer: () => LegacyWriter;
  /** The whole message, without the place's specification. */
  readonly message: string;
  readonly rule: string;
  readonly code: StreamErrorCode;
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'more pages than a batch has',
    writer: () => hvm().raw(i32(1025)),
    message: 'offset 8: legacy, chunk 0 (pages): 1025 pages, at most 1024 are possible',
    rule: 'batch-size',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a page twice in a batch',
    writer: () => hvm().batch([pageWord(5, 0), LOST_PAGE, pageWord(5, 0)], [PAGE, PAGE]),
    message: 'offset 12: legacy, chunk 0 (pages): pfn 0x5 is there twice',
    rule: 'batch-duplicate',
    code: 'BAD_VALUE',
  },
  {
    what: 'a page of a reserved type',
    writer: () => hvm().batch([pageWord(1, 0), pageWord(5, 7)], [PAGE, PAGE]),
    message: 'offset 20: legacy, chunk 0 (pages): entry 1 (0x70000005) has the reserved page type 7',
    rule: 'page-type',
    code: 'BAD_VALUE',
  },
  {
    what: 'a page beyond the guest',
    writer: () => hvm().batch([pageWord(0x1000, 0)], [PAGE]),
    message: "offset 12: legacy, chunk 0 (pages): entry 0 (0x1000) is beyond the guest's 4096 pages",
    rule: 'pfn-range',
    code: 'BAD_VALUE',
  },
  {
    what: 'a word that is too wide',
    writer: () => hvm().batch([2 ** 40 + 5], [PAGE]),
    message: 'offset 12: legacy, chunk 0 (pages): entry 0 (0x10000000005) has more than a type and a pfn of 28 bits',
    rule: 'batch-word',
    code: 'BAD_VALUE',
  },
  {
    what: 'a chunk that nobody knows',
    writer: () => hvm().chunk(-21),
    message: 'offset 8: legacy, chunk 0 (-21): chunk -21 is not known: the numbers go from -20 up',
    rule: 'chunk-type',
    code: 'BAD_VALUE',
  },
  {
    what: 'transcendent memory',
    writer: () => hvm().lastCheckpoint().chunk(XC_SAVE_ID.TMEM_EXTRA),
    message: 'offset 12: legacy, chunk 1 (tmem_extra): transcendent memory has no place in a v2 stream',
    rule: 'chunk-tmem_extra',
    code: 'UNSUPPORTED',
  },
  {
    what: 'a vcpu that cannot be',
    writer: () => hvm().vcpuInfo(4096, []),
    message: 'offset 12: legacy, chunk 0 (vcpu_info): the highest vcpu is 4096, not one of 0 to 4095',
    rule: 'vcpu-max',
    code: 'BAD_VALUE',
  },
  {
    what: 'an online vcpu above the highest',
    writer: () => hvm().vcpuInfo(1, [0, 2]),
    message: 'offset 16: legacy, chunk 0 (vcpu_info): vcpu 2 is online, but the highest is 1',
    rule: 'vcpu-map',
    code: 'BAD_VALUE',
  },
  {
    what: 'an HVM parameter of a PV guest',
    writer: () => pv().hvmParam(XC_SAVE_ID.HVM_VIRIDIAN, 1),
    message: `offset ${bodyAt}: legacy, chunk 0 (hvm_viridian): a PV guest has no HVM parameters`,
    rule: 'hvm-chunk',
    code: 'BAD_VALUE',
  },
  {
    what: 'toolstack data of a later version',
    writer: () => hvm().toolstack([], 2),
    message: 'offset 16: legacy, toolstack: version 2 is not known, only 1',
    rule: 'toolstack-version',
    code: 'BAD_VALUE',
  },
  {
    what: 'toolstack data without end',
    writer: () => hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(2 ** 31)),
    message: 'offset 12: legacy, chunk 0 (toolstack): 2147483648 bytes, at most 1048576 are accepted',
    rule: 'toolstack-max',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a device without a name',
    writer: () => hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(36), u32(1), u32(1), u64(1), u64(2), u64(3), u32(0)),
    message: 'offset 24: legacy, toolstack: entry 0 has no name',
    rule: 'toolstack-name',
    code: 'BAD_VALUE',
  },
  {
    what: 'a p2m of no page',
    writer: () => new LegacyWriter(64).p2mSize(0).raw(...PV.sections.slice(1, 2)),
    message: `offset ${p2mAt}: legacy, p2m frames: a p2m of 0 pages, where 1 to 4294967296 are possible`,
    rule: 'p2m-size',
    code: 'BAD_VALUE',
  },
  {
    what: 'a context of no kind of guest',
    writer: () => new LegacyWriter(64).p2mSize(1).extendedInfo([['vcpu', filled(100, 1)]]),
    message:
      "offset 24: legacy, extended info: a vcpu's context of 100 bytes: neither 5168 (64-bit guest) nor 2800 (32-bit)",
    rule: 'extended-info-vcpu',
    code: 'BAD_LENGTH',
  },
  {
    what: 'extended info of an unknown block',
    writer: () =>
      new LegacyWriter(64).p2mSize(1).extendedInfo([
        ['extv', Buffer.alloc(0)],
        ['what', Buffer.alloc(4)],
      ]),
    message: 'offset 28: legacy, extended info: block "what" is not known',
    rule: 'extended-info-block',
    code: 'BAD_VALUE',
  },
  {
    what: 'xsave data of another size than announced',
    writer: () =>
      pv()
        .vcpuInfo(0, [0])
        .endOfBody()
        .pvTail([], [{ ...vcpu, xsave: filled(0x200, 3) }], PAGE),
    message: `offset ${bodyAt + 16 + 4 + 4 + 0x1430 + 128 + 8}: legacy, vcpu 0: 512 bytes of xsave data, but the extended info says 576`,
    rule: 'xsave-size',
    code: 'BAD_LENGTH',
  },
  {
    what: 'an HVM context without contents',
    writer: () => hvm().endOfBody().hvmTail([1n, 2n, 3n], Buffer.alloc(0)),
    message: 'offset 36: legacy, HVM context: 0 bytes, 1 to 134217728 are possible',
    rule: 'hvm-context-length',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a device model of Remus',
    writer: () => hvm().endOfBody().hvmTail([1n, 2n, 3n], PAGE).deviceModel(PAGE, 'RemusDeviceModelState'),
    message:
      'offset 4136: legacy, device model: its device model state is that of a Remus checkpoint, which others may follow',
    rule: 'device-model-signature',
    code: 'UNSUPPORTED',
  },
  {
    what: 'a device model larger than a record',
    writer: () =>
      hvm()
        .endOfBody()
        .hvmTail([1n, 2n, 3n], PAGE)
        .raw(Buffer.from('DeviceModelRecord0002'), u32(2 ** 32 - 1)),
    message: 'offset 4157: legacy, device model: 4294967295 bytes, more than a record holds',
    rule: 'device-model-max',
    code: 'BAD_LENGTH',
  },
  {
    what: 'an end inside of a page',
    writer: () => hvm().batch([0, 1], [PAGE, PAGE.subarray(0, 100)]),
    message: 'offset 4224: legacy, chunk 0 (pages): the input ends, 3996 bytes more were expected',
    rule: 'truncated',
    code: 'TRUNCATED',
  },
  {
    what: 'transcendent memory of the first kind',
    writer: () => hvm().chunk(XC_SAVE_ID.TMEM),
    message: 'offset 8: legacy, chunk 0 (tmem): transcendent memory has no place in a v2 stream',
    rule: 'chunk-tmem',
    code: 'UNSUPPORTED',
  },
  {
    what: 'pages that Remus compressed',
    writer: () => hvm().chunk(XC_SAVE_ID.COMPRESSED_DATA),
    message:
      'offset 8: legacy, chunk 0 (compressed_data): pages that Remus compressed are differences to a checkpoint that only the backup host had',
    rule: 'chunk-compressed_data',
    code: 'UNSUPPORTED',
  },
  {
    what: 'the announcement of such pages',
    writer: () => hvm().chunk(XC_SAVE_ID.ENABLE_COMPRESSION),
    message:
      'offset 8: legacy, chunk 0 (enable_compression): what follows is compressed by Remus: differences to a checkpoint that only the backup host had',
    rule: 'chunk-enable_compression',
    code: 'UNSUPPORTED',
  },
  {
    what: 'more HVM parameters than there can be',
    writer: () => hvm().raw(...Array.from({ length: 1025 }, (_, i) => hvmParam(i))),
    message: `offset ${8 + 1024 * 16}: legacy, chunk 1024 (hvm_viridian): more than 1024 HVM parameters`,
    rule: 'hvm-params-max',
    code: 'BAD_LENGTH',
  },
  {
    what: 'toolstack data that are too much together',
    writer: () =>
      hvm()
        .toolstack([longName(600_000)])
        .toolstack([longName(600_000)]),
    message: `offset ${8 + 8 + 600_041 + 4}: legacy, chunk 1 (toolstack): 1200112 bytes for xenstore in all, at most 1048576 are accepted`,
    rule: 'toolstack-max',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a vcpu below the first',
    writer: () => hvm().chunk(XC_SAVE_ID.VCPU_INFO, i32(-1)),
    message: 'offset 12: legacy, chunk 0 (vcpu_info): the highest vcpu is -1, not one of 0 to 4095',
    rule: 'vcpu-max',
    code: 'BAD_VALUE',
  },
  {
    what: 'a word that is one bit too wide',
    writer: () => hvm().batch([2 ** 32], [PAGE]),
    message: 'offset 12: legacy, chunk 0 (pages): entry 0 (0x100000000) has more than a type and a pfn of 28 bits',
    rule: 'batch-word',
    code: 'BAD_VALUE',
  },
  {
    what: 'a page twice in a batch, not in a row',
    writer: () =>
      hvm().batch(
        [9, 5, 7, 5].map((pfn) => pageWord(pfn, 0)),
        [PAGE, PAGE, PAGE, PAGE],
      ),
    message: 'offset 12: legacy, chunk 0 (pages): pfn 0x5 is there twice',
    rule: 'batch-duplicate',
    code: 'BAD_VALUE',
  },
  {
    what: 'a page twice at the end of a batch',
    writer: () =>
      hvm().batch(
        [1, 2, 2].map((pfn) => pageWord(pfn, 0)),
        [PAGE, PAGE, PAGE],
      ),
    message: 'offset 12: legacy, chunk 0 (pages): pfn 0x2 is there twice',
    rule: 'batch-duplicate',
    code: 'BAD_VALUE',
  },
  {
    what: 'a p2m frame beyond the p2m',
    writer: () =>
      new LegacyWriter(64)
        .p2mSize(0x400)
        .raw(...PV.sections.slice(1, 2))
        .p2mFrames([1, 0x400]),
    message: `offset ${p2mAt + 8}: legacy, p2m frames: frame 1 is pfn 0x400, beyond the p2m of 1024 pages`,
    rule: 'p2m-frame',
    code: 'BAD_VALUE',
  },
  {
    what: 'a p2m of more pages than a record says',
    writer: () => new LegacyWriter(64).p2mSize(2 ** 32 + 1).raw(...PV.sections.slice(1, 2)),
    message: `offset ${p2mAt}: legacy, p2m frames: a p2m of 4294967297 pages, where 1 to 4294967296 are possible (it begins as the stream of a 32-bit toolstack and an HVM guest)`,
    rule: 'p2m-size',
    code: 'BAD_VALUE',
  },
  {
    what: 'no marker of extended info',
    writer: () => new LegacyWriter(64).p2mSize(1).raw(Buffer.from('ffffffffffffff00', 'hex')),
    message:
      'offset 8: legacy, extended info: there is none (its marker is all ones), as in streams of Xen 3.0: what kind of guest it is stays open (it begins as the stream of a 64-bit toolstack and an HVM guest)',
    rule: 'extended-info-marker',
    code: 'BAD_VALUE',
  },
  {
    what: 'extended info without a context',
    writer: () => new LegacyWriter(64).p2mSize(1).extendedInfo([['extv', Buffer.alloc(0)]]),
    message: 'offset 8: legacy, extended info: it has no block "vcpu"',
    rule: 'extended-info-vcpu',
    code: 'BAD_VALUE',
  },
  {
    what: 'extended info with two contexts',
    writer: () =>
      new LegacyWriter(64).p2mSize(1).extendedInfo([
        ['vcpu', filled(0x1430, 1)],
        ['vcpu', filled(0x1430, 1)],
      ]),
    message: `offset ${20 + 8 + 0x1430}: legacy, extended info: there is a second block "vcpu"`,
    rule: 'extended-info-vcpu-twice',
    code: 'BAD_VALUE',
  },
  {
    what: 'two chunks of the TSC',
    writer: () => new LegacyWriter(64).p2mSize(1).tscInfo(0, 1n, 1000, 1).tscInfo(0, 2n, 1000, 1),
    message: 'offset 32: legacy, chunk 1 (tsc_info): a second tsc_info',
    rule: 'tsc-info-twice',
    code: 'BAD_VALUE',
  },
  {
    what: 'a block of extended info that is longer than all of it',
    writer: () => new LegacyWriter(64).p2mSize(1).raw(Buffer.alloc(8, 0xff), u32(11), Buffer.from('extv'), u32(4)),
    message: 'offset 24: legacy, extended info: 4 bytes where 3 are left of its length',
    rule: 'extended-info-length',
    code: 'BAD_LENGTH',
  },
  {
    what: 'extended info with no room for a block',
    writer: () => new LegacyWriter(64).p2mSize(1).raw(Buffer.alloc(8, 0xff), u32(7), Buffer.from('extv'), u32(0)),
    message: 'offset 20: legacy, extended info: 8 bytes where 7 are left of its length',
    rule: 'extended-info-length',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a size of xsave data that is no number',
    writer: () => new LegacyWriter(64).p2mSize(1).extendedInfo([['xcnt', Buffer.alloc(3)]]),
    message: 'offset 24: legacy, extended info: xcnt has 3 bytes, not 4',
    rule: 'extended-info-xcnt',
    code: 'BAD_LENGTH',
  },
  {
    what: 'more xsave data than a record holds',
    writer: () => {
      const blocks: [string, Uint8Array][] = [
        ['vcpu', filled(0x1430, 1)],
        ['xcnt', u32(2 ** 27)],
      ];
      const head = new LegacyWriter(64)
        .p2mSize(0x1800)
        .extendedInfo(blocks)
        .raw(PV.sections[2] as Buffer);
      return head.endOfBody().raw(u32(0), vcpu.context, u64(7), u64(2 ** 27 - 16));
    },
    message: `offset ${bodyAt - 8 + 4 + 4 + 0x1430 + 8}: legacy, vcpu 0: 134217712 bytes of xsave data, more than a record holds`,
    rule: 'xsave-max',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a name without an end',
    writer: () =>
      hvm().raw(i32(XC_SAVE_ID.TOOLSTACK), u32(44), u32(1), u32(1), physmap(4), Buffer.from('vga.'), u32(0)),
    message: 'offset 24: legacy, toolstack: the name of entry 0 does not end with its only NUL',
    rule: 'toolstack-name',
    code: 'BAD_VALUE',
  },
  {
    what: 'a name that is no text',
    writer: () => hvm().raw(i32(XC_SAVE_ID.TOOLSTACK), u32(42), u32(1), u32(1), physmap(2), Buffer.of(0xff, 0), u32(0)),
    message: 'offset 24: legacy, toolstack: a name is not text in UTF-8',
    rule: 'toolstack-name',
    code: 'BAD_VALUE',
  },
  {
    what: 'toolstack data of another version, as large as they may be',
    writer: () => hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(2 ** 20), u32(2), Buffer.alloc(2 ** 20 - 4)),
    message: 'offset 16: legacy, toolstack: version 2 is not known, only 1',
    rule: 'toolstack-version',
    code: 'BAD_VALUE',
  },
  {
    what: 'toolstack data that end in a name',
    writer: () => hvm().raw(i32(XC_SAVE_ID.TOOLSTACK), u32(39), u32(1), u32(1), physmap(4), Buffer.from('vga')),
    message: 'offset 52: legacy, toolstack: the name of entry 0 needs 8 bytes, 3 are left',
    rule: 'toolstack-length',
    code: 'BAD_VALUE',
  },
  {
    what: 'toolstack data that end in an entry',
    writer: () => hvm().raw(i32(XC_SAVE_ID.TOOLSTACK), u32(35), u32(1), u32(1), physmap(4)),
    message: 'offset 24: legacy, toolstack: entry 0 needs 28 bytes, 27 are left',
    rule: 'toolstack-length',
    code: 'BAD_VALUE',
  },
  {
    what: 'toolstack data without a head',
    writer: () => hvm().raw(i32(XC_SAVE_ID.TOOLSTACK), u32(4), u32(1)),
    message: 'offset 16: legacy, toolstack: its head needs 8 bytes, 4 are left',
    rule: 'toolstack-length',
    code: 'BAD_VALUE',
  },
  {
    what: 'an HVM context larger than a record',
    writer: () =>
      hvm()
        .endOfBody()
        .raw(u64(1), u64(2), u64(3), u32(2 ** 27 + 1)),
    message: 'offset 36: legacy, HVM context: 134217729 bytes, 1 to 134217728 are possible',
    rule: 'hvm-context-length',
    code: 'BAD_LENGTH',
  },
  {
    what: 'a device model without a length',
    writer: () => hvm().endOfBody().hvmTail([1n, 2n, 3n], PAGE).deviceModel(PAGE, 'QemuDeviceModelRecord'),
    message: 'offset 4136: legacy, device model: its device model state, as xend wrote it, has no length',
    rule: 'device-model-signature',
    code: 'UNSUPPORTED',
  },
  {
    what: 'a device model that nobody knows',
    writer: () => hvm().endOfBody().hvmTail([1n, 2n, 3n], PAGE).deviceModel(PAGE, 'DeviceModelRecord0003'),
    message: 'offset 4136: legacy, device model: the signature "DeviceModelRecord0003" is not known',
    rule: 'device-model-signature',
    code: 'UNSUPPORTED',
  },
  {
    what: 'a device model that is one byte too large',
    writer: () =>
      hvm()
        .endOfBody()
        .hvmTail([1n, 2n, 3n], PAGE)
        .raw(Buffer.from('DeviceModelRecord0002'), u32(2 ** 27 - 7)),
    message: 'offset 4157: legacy, device model: 134217721 bytes, more than a record holds',
    rule: 'device-model-max',
    code: 'BAD_LENGTH',
  },
];

async function convert(stream: Uint8Array | ByteSource, guestType: 'pv' | 'hvm'): Promise<StreamError> {
  const reader = new ByteReader(stream instanceof Uint8Array ? byteSource(stream) : stream);
  try {
    await convertLegacyStream(reader, new MemorySink(), { width: 64, guestType, format: 'libxl' });
  } catch (error) {
    if (error instanceof StreamError) return error;
    throw error;
  }
  throw new Error('it was converted');
}

describe('what is refused', () => {
  it.each(REFUSALS)('$what', async ({ writer, message, rule, code }) => {
    const stream = writer().bytes();
    const isPv = stream[8] === 0xff;
    const error = await convert(stream, isPv ? 'pv' : 'hvm');
    expect({ message: error.message, rule: error.rule, code: error.code }).toEqual({ message, rule, code });
  });

  it('wrong options are guessed from what is damaged then', async () => {
    const messageOf = async (stream: Uint8Array, options: ConversionOptions) => {
      const converted = convertLegacyStream(new ByteReader(byteSource(stream)), new MemorySink(), options);
      return converted.then(
        () => 'converted',
        (error: Error) => error.message,
      );
    };
    const hvmStream = hvm().batch([0, 1], [PAGE, PAGE]).bytes();
    expect(await messageOf(hvmStream, { width: 32, guestType: 'hvm' })).toBe(
      'offset 32: legacy, HVM context: 0 bytes, 1 to 134217728 are possible (it begins as the stream of a 64-bit toolstack and an HVM guest)',
    );
    expect(await messageOf(PV.bytes(), { width: 64, guestType: 'hvm' })).toBe(
      'offset 16: legacy, chunk 2 (pages): 5196 pages, at most 1024 are possible (it begins as the stream of a 64-bit toolstack and a PV guest)',
    );
    // What is right, or can't be told, is not guessed at.
    expect(await messageOf(hvmStream, { width: 64, guestType: 'hvm' })).toBe(
      'offset 8220: legacy, chunk 0 (pages): the input ends, 4 bytes more were expected',
    );
    expect(await messageOf(hvmStream.subarray(0, 8), { width: 32, guestType: 'pv' })).toBe(
      'offset 4: legacy, extended info: there is none (its marker is all ones), as in streams of Xen 3.0: what kind of guest it is stays open',
    );
  });

  it('a stream of version 2 in a save file needs no conversion', async () => {
    const file = Buffer.concat([Buffer.from('junk'), encodeXlHeader(xlHeaderFor('{}'))]);
    const reader = new ByteReader(byteSource(file));
    await reader.skip(4);
    const converted = convertLegacyStream(reader, new MemorySink(), { xlHeader: true });
    await expect(converted).rejects.toMatchObject({
      code: 'BAD_VALUE',
      rule: 'other-format',
      message: 'offset 4: xl: the file holds a stream of version 2: nothing is to be converted',
    });
  });

  it('what is at a limit is taken', async () => {
    const streams = [
      hvm().batch(
        Array.from({ length: 1024 }, () => LOST_PAGE),
        [],
      ),
      hvm().vcpuInfo(4095, [4095]),
      hvm().raw(...Array.from({ length: 1024 }, (_, i) => hvmParam(i))),
      hvm().toolstack([longName(1024 * 1024 - 56)]),
      hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(0)),
      hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(8), u32(1), u32(0)),
    ];
    for (const [i, writer] of streams.entries()) {
      const stream = writer.endOfBody().hvmTail([1n, 2n, 3n], PAGE).deviceModel(PAGE).bytes();
      const report = await convertLegacyStream(new ByteReader(byteSource(stream)), new MemorySink(), {
        ...HVM64,
        format: 'libxl',
      });
      expect(report, `stream ${i}`).toMatchObject({ bytesRead: stream.length });
    }
  });

  it('a report counts from where the stream began', async () => {
    const stream = hvm().lastCheckpoint().endOfBody().hvmTail([1n, 2n, 3n], PAGE).deviceModel(PAGE).bytes();
    const reader = new ByteReader(byteSource(Buffer.concat([PAGE, stream])));
    await reader.skip(PAGE.length);
    const report = await convertLegacyStream(reader, new MemorySink(), HVM64);
    expect(report).toMatchObject({ bytesRead: stream.length, lastCheckpoint: true });
  });

  it('the first vcpu is online where nothing says which are', async () => {
    const stream = pv()
      .endOfBody()
      .pvTail([], [{ ...vcpu, xsave: filled(0x240, 3) }], PAGE)
      .bytes();
    const report = await convertLegacyStream(new ByteReader(byteSource(stream)), new MemorySink());
    expect(report).toMatchObject({ vcpus: [0], guestWidth: 8, lastCheckpoint: false, bytesRead: stream.length });
  });

  it('sizes that a stream only claims take no memory', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const claims = [
      new LegacyWriter(64).p2mSize(2 ** 32).raw(...PV.sections.slice(1, 2)),
      pv()
        .vcpuInfo(0, [0])
        .endOfBody()
        .raw(u32(2 ** 32 - 1)),
      hvm()
        .endOfBody()
        .raw(u64(1), u64(2), u64(3), u32(2 ** 27)),
    ];
    for (const writer of claims) {
      const stream = writer.bytes();
      const error = await convert(stream, stream.readInt32LE(8) === -1 ? 'pv' : 'hvm');
      expect(error).toMatchObject({ code: 'TRUNCATED', offset: stream.length });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });
});
