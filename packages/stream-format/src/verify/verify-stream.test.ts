import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { concatBytes } from '../bytes/concat.js';
import { libxcPieces, sampleLibxc, sampleSaveFile, saveFilePieces } from '../testing/sample-streams.js';
import { MIGRATION_MESSAGES } from '../wire/messages.js';
import { encodeXlHeader, xlHeaderFor } from '../xl/save-header.js';
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

describe('around the stream', () => {
  const config = new TextEncoder().encode('{"c_info":{}}');
  const XL = 'xl.h, save_file_header';

  /** A save file whose header is this one. */
  async function saveFile(header: Partial<Parameters<typeof encodeXlHeader>[0]>): Promise<Uint8Array> {
    const given = xlHeaderFor('{}');
    const [, ...libxl] = await saveFilePieces({ version: 3, endian: 'little', guestType: 'hvm' });
    return concatBytes([encodeXlHeader({ ...given, ...header }), ...libxl]);
  }
  const optionalData = (length: number, text: Uint8Array) => concatBytes([Uint8Array.of(length, 0, 0, 0), text]);
  const said = ({ problems }: VerifyReport) =>
    problems.map(({ layer, offset, rule, message, spec }) => `${layer} ${offset} ${rule}: ${message} [${spec}]`);

  it('a config may be absent, a file of xl.cfg, or JSON that a NUL ends', async () => {
    const cases = [
      { optionalData: new Uint8Array(0) },
      { optionalData: optionalData(8, new TextEncoder().encode('name="a"')), mandatoryFlags: 2 },
      { optionalData: optionalData(14, concatBytes([config, Uint8Array.of(0)])) },
    ];
    for (const header of cases) expect(said(await verify(await saveFile(header)))).toEqual([]);
  });

  it('a config fills the optional data', async () => {
    const header = { optionalData: optionalData(13, concatBytes([config, Uint8Array.of(0)])) };
    expect(said(await verify(await saveFile(header)))).toEqual([
      `xl 0 config-length: the config does not fill the optional data [${XL}]`,
    ]);
  });

  it('a config is the JSON that the flags promise', async () => {
    for (const text of ['name="a"', '{}\0\0', '{\0}', '']) {
      const header = { optionalData: optionalData(text.length, new TextEncoder().encode(text)) };
      expect(said(await verify(await saveFile(header)))).toEqual([
        `xl 0 config-json: the config is not the JSON that the flags promise [${XL}]`,
      ]);
    }
  });

  it('a legacy stream behind the header is not read', async () => {
    const report = await verify(await saveFile({ mandatoryFlags: 1 }));
    expect(said(report)).toEqual([
      `xl 0 legacy: a legacy stream (Xen 4.5 and older) follows, which must be converted first [${XL}]`,
    ]);
    expect(report.stats).toEqual({
      framing: 'xl',
      bytes: 54,
      libxlRecords: 0,
      libxcRecords: 0,
      pages: 0,
      suppressed: 0,
    });
  });

  it('after the end comes nothing, or the permission to go', async () => {
    const stream = await sampleSaveFile({ version: 3, endian: 'little', guestType: 'pv' });
    const go = MIGRATION_MESSAGES.permissionToGo;
    const report = await verify(concatBytes([stream, go]));
    expect(said(report)).toEqual([]);
    expect(report.stats.bytes).toBe(stream.length + go.length);
    const after = async (rest: Uint8Array) => said(await verify(concatBytes([stream, rest])));
    const trailing = (at: number) =>
      `wire ${stream.length + at} trailing-data: bytes after the end that are no control message [xl.h, migration messages]`;
    expect(await after(Uint8Array.of(0))).toEqual([trailing(0)]);
    for (const at of [0, 5]) expect(await after(go.with(at, 0))).toEqual([trailing(at)]);
    expect(await after(concatBytes([go, Uint8Array.of(0)]))).toEqual([trailing(go.length)]);
    expect(await after(go.subarray(0, 7))).toEqual([
      `wire ${stream.length + 7} truncated: the sender's control message is cut off [xl.h, migration messages]`,
    ]);
  });

  it('the outermost layer may be told', async () => {
    const stream = await sampleLibxc({ version: 3, endian: 'little', guestType: 'hvm' });
    const read = (framing: 'libxl' | 'libxc') => verifyStream(new ByteReader(byteSource(stream)), { framing });
    expect((await read('libxc')).problems).toEqual([]);
    const wrong = await read('libxl');
    expect(wrong.stats.framing).toBe('libxl');
    expect(wrong.problems[0]).toMatchObject({ layer: 'libxl', offset: 0, rule: 'header-ident' });
  });

  it('what fails at the source is no finding', async () => {
    const broken = (async function* () {
      yield (await sampleLibxc({ version: 3, endian: 'little', guestType: 'hvm' })).subarray(0, 100);
      throw new Error('the disk is gone');
    })();
    await expect(verifyStream(new ByteReader(byteSource(broken)))).rejects.toThrow('the disk is gone');
  });

  it('a thousand findings are kept if not said otherwise, others are counted', async () => {
    const pieces = await libxcPieces({ version: 3, endian: 'little', guestType: 'hvm' });
    const tsc = pieces.find((piece) => piece[0] === 8) as Uint8Array;
    const stream = concatBytes([...pieces.slice(0, -1), ...Array<Uint8Array>(1100).fill(tsc), ...pieces.slice(-1)]);
    const report = await verify(stream);
    expect([report.problems.length, report.stats.suppressed]).toEqual([1000, 100]);
    const less = await verifyStream(new ByteReader(byteSource(stream)), { limit: 3 });
    expect([less.problems.length, less.stats.suppressed]).toEqual([3, 1097]);
  });

  it('a stream that is cut off has the truncation last, with where and in which record', async () => {
    const pieces = await libxcPieces({ version: 3, endian: 'little', guestType: 'hvm' });
    const stream = concatBytes(pieces);
    const { problems } = await verify(stream.subarray(0, -4));
    expect(problems).toEqual([
      expect.objectContaining({ severity: 'error', layer: 'libxc', rule: 'truncated', offset: stream.length - 4 }),
    ]);
    expect(problems[0]?.message).toBe('the input ends, 4 bytes more were expected');
    const stopped = await verifyStream(new ByteReader(byteSource(stream.subarray(0, -4))), { stopAtFirst: true });
    expect(stopped.problems).toEqual(problems);
  });
});
