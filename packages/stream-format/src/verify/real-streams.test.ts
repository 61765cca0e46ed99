import { beforeAll, describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { absent, LARGER, loadStream, VALID } from '../node/testing/streams.js';
import { lowLengthOfEmulatorContext, vitalOffsets } from '../testing/vital-offsets.js';
import { verifyStream } from './verify-stream.js';

const verify = (stream: Uint8Array, stopAtFirst = false) =>
  verifyStream(new ByteReader(byteSource(stream)), { stopAtFirst });

describe('real streams', () => {
  it.each(VALID)('%s is valid, with no warning', async (name) => {
    const { problems, warnings } = await verify(loadStream(name));
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  });

  for (const name of LARGER) {
    it.skipIf(absent(name) !== '')(`${name} likewise${absent(name)}`, async () => {
      const { problems, warnings } = await verify(loadStream(name));
      expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    });
  }

  it('the stream with a lost page table gets a warning that names it, and no error', async () => {
    const { problems, warnings } = await verify(loadStream('broken/xen-4.17-pv32-lost-l1.save.gz'));
    expect(problems).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({
      rule: 'lost-page-table',
      message: expect.stringMatching(/entry 0 of the L2 page table at pfn 0x110 points to pfn 0x114.*is XTAB/),
    });
  });
});

/** Every position of every real stream, which takes long, or a sample of those kept in the project. */
const FULL = process.env.XEN_STREAM_FULL === '1';
const DAMAGED = FULL ? [...VALID, ...LARGER.filter((name) => absent(name) === '')] : VALID;

describe.each(DAMAGED)('damage to %s', (name) => {
  let stream: Uint8Array;
  let offsets: number[];
  beforeAll(async () => {
    stream = loadStream(name);
    const all = await vitalOffsets(stream);
    // Of the many alike PAGE_DATA records in the middle every 400th is enough.
    offsets = FULL ? all : all.filter((_, i) => i < 160 || i > all.length - 110 || Math.floor(i / 8) % 400 === 0);
  });

  it.each([0xff, 0x01, 0x80])('every magic, version, type and length byte xor %i gives an error', async (mask) => {
    const missed: number[] = [];
    const untold = mask === 0x01 ? await lowLengthOfEmulatorContext(stream) : undefined;
    for (const offset of offsets) {
      if (offset === untold) continue;
      const byte = stream[offset] ?? 0;
      stream[offset] = byte ^ mask;
      const { problems } = await verify(stream, true);
      stream[offset] = byte;
      if (problems.length === 0 || problems[0]?.offset === undefined) missed.push(offset);
    }
    expect(missed).toEqual([]);
  });

  it('cut short anywhere it gives an error at the cut', async () => {
    const ends = [...offsets.filter((_, i) => i % 5 === 0), stream.length - 1, 0, 1, 31, 5000];
    const isWire = name.includes('wire');
    for (const end of ends) {
      // A recorded migration cut where the control message begins is a whole save file.
      if (isWire && end === stream.length - 44) continue;
      const { problems } = await verify(stream.subarray(0, end));
      expect(
        problems.map(({ rule, offset }) => ({ rule, offset })),
        `cut at ${end}`,
      ).toEqual([{ rule: 'truncated', offset: end }]);
    }
  });
});
