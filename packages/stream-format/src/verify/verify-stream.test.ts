import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { absent, LARGER, loadStream, VALID } from '../node/testing/streams.js';
import { sampleLibxc, sampleSaveFile } from '../testing/sample-streams.js';
import { type VerifyReport, verifyStream } from './verify-stream.js';

const verify = (stream: Uint8Array) => verifyStream(new ByteReader(byteSource(stream)));

/** Chunks of the given size, which no read of the source crosses: what a pipe does. */
function* chunks(stream: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size);
}

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

describe('generated streams', () => {
  const options = [2, 3].flatMap((version) =>
    ['little', 'big'].flatMap((endian) =>
      ['pv', 'hvm'].flatMap((guestType) => [0, 2].map((checkpoints) => ({ version, endian, guestType, checkpoints }))),
    ),
  ) as Parameters<typeof sampleLibxc>[0][];

  it.each(options)('version $version, $endian-endian, $guestType, $checkpoints checkpoints: valid', async (option) => {
    for (const stream of [await sampleLibxc(option), await sampleSaveFile(option)]) {
      expect((await verify(stream)).problems).toEqual([]);
    }
  });

  it('any chunking of a damaged stream gives the same report', async () => {
    const stream = await sampleSaveFile({ version: 3, endian: 'little', guestType: 'hvm' });
    stream[stream.length - 60] = 0x77;
    const whole: VerifyReport = await verify(stream);
    for (const size of [1, 7, 4096]) {
      const report = await verifyStream(new ByteReader(byteSource(chunks(stream, size))));
      expect(report).toEqual(whole);
    }
  });
});
