import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { concatBytes } from '../bytes/concat.js';
import { libxcPieces, sampleLibxc, sampleSaveFile } from '../testing/sample-streams.js';
import { type VerifyReport, verifyStream } from './verify-stream.js';

const verify = (stream: Uint8Array) => verifyStream(new ByteReader(byteSource(stream)));

/** Chunks of the given size, which no read of the source crosses: what a pipe does. */
function* chunks(stream: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size);
}

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

  it('pages behind any record of a vcpu are out of order, whatever the chunking', async () => {
    const pieces = await libxcPieces({ version: 3, endian: 'little', guestType: 'pv' });
    const [first, second] = [
      pieces.findIndex((piece) => piece[0] === 1),
      pieces.findLastIndex((piece) => piece[0] === 1),
    ];
    const extended = pieces.filter((piece) => piece[0] === 5);
    const stream = concatBytes([...pieces.slice(0, first + 1), ...extended, ...pieces.slice(second)]);
    const whole: VerifyReport = await verify(stream);
    expect(whole.problems.map(({ message }) => message)).toContain('PAGE_DATA after the records of vcpus');
    for (const size of [1, 7, 4096]) {
      expect(await verifyStream(new ByteReader(byteSource(chunks(stream, size))))).toEqual(whole);
    }
  });
});
