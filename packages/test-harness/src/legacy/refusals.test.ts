import { convertLegacyStream } from '@xen-migration/convert-legacy';
import { ByteReader, type ByteSource, byteSource, MemorySink, StreamError } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { filled, i32, u32, u64 } from './bytes.js';
import { legacyGuest } from './guest.js';
import { LegacyWriter, LOST_PAGE, pageWord, XC_SAVE_ID } from './legacy-writer.js';

const PAGE = Buffer.alloc(4096);

/** A guest of 0x1000 pages whose body begins here: the first chunk is at offset 8. */
const hvm = () => new LegacyWriter(64).p2mSize(0x1000);
/** The head of a PV guest's stream, extended info and p2m and all. */
const PV = legacyGuest({ width: 64, kind: 'pv64', memory: 'none', vcpus: [0], extv: true, xsave: 0x240 });
const pv = () => new LegacyWriter(64).raw(...PV.sections.slice(0, 3));
const bodyAt = PV.sections.slice(0, 3).reduce((sum, { length }) => sum + length, 0);
const vcpu = { context: filled(0x1430, 1), extended: filled(128, 2) };

interface Refusal {
  readonly what: string;
  readonly writer: () => LegacyWriter;
  /** The whole message, without the place's specification. */
  readonly message: string;
  readonly rule: string;
  readonly format?: 'libxc';
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'more pages than a batch has',
    writer: () => hvm().raw(i32(1025)),
    message: 'offset 8: legacy, chunk 0 (pages): 1025 pages, at most 1024 are possible',
    rule: 'batch-size',
  },
  {
    what: 'a page twice in a batch',
    writer: () => hvm().batch([pageWord(5, 0), LOST_PAGE, pageWord(5, 0)], [PAGE, PAGE]),
    message: 'offset 12: legacy, chunk 0 (pages): pfn 0x5 is there twice',
    rule: 'batch-duplicate',
  },
  {
    what: 'a page of a reserved type',
    writer: () => hvm().batch([pageWord(1, 0), pageWord(5, 7)], [PAGE, PAGE]),
    message: 'offset 20: legacy, chunk 0 (pages): entry 1 (0x70000005) has the reserved page type 7',
    rule: 'page-type',
  },
  {
    what: 'a page beyond the guest',
    writer: () => hvm().batch([pageWord(0x1000, 0)], [PAGE]),
    message: "offset 12: legacy, chunk 0 (pages): entry 0 (0x1000) is beyond the guest's 4096 pages",
    rule: 'pfn-range',
  },
  {
    what: 'a word that is too wide',
    writer: () => hvm().batch([2 ** 40 + 5], [PAGE]),
    message: 'offset 12: legacy, chunk 0 (pages): entry 0 (0x10000000005) has more than a type and a pfn of 28 bits',
    rule: 'batch-word',
  },
  {
    what: 'a chunk that nobody knows',
    writer: () => hvm().chunk(-21),
    message: 'offset 8: legacy, chunk 0 (-21): chunk -21 is not known: the numbers go from -20 up',
    rule: 'chunk-type',
  },
  {
    what: 'transcendent memory',
    writer: () => hvm().lastCheckpoint().chunk(XC_SAVE_ID.TMEM_EXTRA),
    message: 'offset 12: legacy, chunk 1 (tmem_extra): transcendent memory has no place in a v2 stream',
    rule: 'chunk-tmem_extra',
  },
  {
    what: 'a vcpu that cannot be',
    writer: () => hvm().vcpuInfo(4096, []),
    message: 'offset 12: legacy, chunk 0 (vcpu_info): the highest vcpu is 4096, not one of 0 to 4095',
    rule: 'vcpu-max',
  },
  {
    what: 'an online vcpu above the highest',
    writer: () => hvm().vcpuInfo(1, [0, 2]),
    message: 'offset 16: legacy, chunk 0 (vcpu_info): vcpu 2 is online, but the highest is 1',
    rule: 'vcpu-map',
  },
  {
    what: 'an HVM parameter of a PV guest',
    writer: () => pv().hvmParam(XC_SAVE_ID.HVM_VIRIDIAN, 1),
    message: `offset ${bodyAt}: legacy, chunk 0 (hvm_viridian): a PV guest has no HVM parameters`,
    rule: 'hvm-chunk',
  },
  {
    what: 'toolstack data of a later version',
    writer: () => hvm().toolstack([], 2),
    message: 'offset 16: legacy, toolstack: version 2 is not known, only 1',
    rule: 'toolstack-version',
  },
  {
    what: 'toolstack data without end',
    writer: () => hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(2 ** 31)),
    message: 'offset 12: legacy, chunk 0 (toolstack): 2147483648 bytes, at most 1048576 are accepted',
    rule: 'toolstack-max',
  },
  {
    what: 'a device without a name',
    writer: () => hvm().chunk(XC_SAVE_ID.TOOLSTACK, u32(36), u32(1), u32(1), u64(1), u64(2), u64(3), u32(0)),
    message: 'offset 24: legacy, toolstack: entry 0 has no name',
    rule: 'toolstack-name',
  },
  {
    what: 'a p2m of no page',
    writer: () => new LegacyWriter(64).p2mSize(0).raw(...PV.sections.slice(1, 2)),
    message: `offset ${bodyAt - (PV.sections[2]?.length ?? 0)}: legacy, p2m frames: a p2m of 0 pages, where 1 to 4294967296 are possible`,
    rule: 'p2m-size',
  },
  {
    what: 'a context of no kind of guest',
    writer: () => new LegacyWriter(64).p2mSize(1).extendedInfo([['vcpu', filled(100, 1)]]),
    message:
      "offset 24: legacy, extended info: a vcpu's context of 100 bytes: neither 5168 (64-bit guest) nor 2800 (32-bit)",
    rule: 'extended-info-vcpu',
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
  },
  {
    what: 'an HVM context without contents',
    writer: () => hvm().endOfBody().hvmTail([1n, 2n, 3n], Buffer.alloc(0)),
    message: 'offset 36: legacy, HVM context: 0 bytes, 1 to 134217728 are possible',
    rule: 'hvm-context-length',
  },
  {
    what: 'a device model of Remus',
    writer: () => hvm().endOfBody().hvmTail([1n, 2n, 3n], PAGE).deviceModel(PAGE, 'RemusDeviceModelState'),
    message:
      'offset 4136: legacy, device model: its device model state is that of a Remus checkpoint, which others may follow',
    rule: 'device-model-signature',
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
  },
  {
    what: 'an end inside of a page',
    writer: () => hvm().batch([0, 1], [PAGE, PAGE.subarray(0, 100)]),
    message: 'offset 4224: legacy, chunk 0 (pages): the input ends, 8192 bytes more were expected',
    rule: 'truncated',
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
  it.each(REFUSALS)('$what', async ({ writer, message, rule }) => {
    const stream = writer().bytes();
    const isPv = stream.readInt32LE(8) === -1;
    const error = await convert(stream, isPv ? 'pv' : 'hvm');
    expect({ message: error.message, rule: error.rule }).toEqual({ message, rule });
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
