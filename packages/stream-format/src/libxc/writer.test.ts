import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { readFrames, readPfnWords, writeFrames } from './frames.js';
import { hasPageData, isKnownPageType, isPinned, needsMemory, pageTableLevel, pageTypeName } from './page-types.js';
import { LibxcReader } from './reader.js';
import { LibxcWriter } from './writer.js';

const PAGE = new Uint8Array(4096).fill(7);
const HEADERS = {
  version: 3,
  endian: 'little',
  guestType: 'pv',
  pageShift: 12,
  xenMajor: 4,
  xenMinor: 17,
} as const;

function writing(endian?: 'little' | 'big') {
  const sink = new MemorySink();
  return { sink, writer: new LibxcWriter(sink, endian === undefined ? {} : { endian }) };
}

describe('LibxcWriter', () => {
  it.each([
    [[], [], [], '0 pfns with 0 types'],
    [[1, 2], [0], [PAGE, PAGE], '2 pfns with 1 types'],
    [[1], [0], [], '0 bytes of pages, 4096 wanted'],
    [[1], [0xf], [PAGE], '4096 bytes of pages, 0 wanted'],
    [[1], [5], [PAGE], '5 is no page type'],
    [[2 ** 52], [0], [PAGE], `${2 ** 52} is no frame number`],
    [[-1], [0], [PAGE], '-1 is no frame number'],
    [[1.5], [0], [PAGE], '1.5 is no frame number'],
  ])('refuses pages %j of types %j', async (pfns, types, pages, message) => {
    const { writer, sink } = writing();
    await expect(writer.pageData(pfns, types, pages)).rejects.toThrow(new RangeError(message));
    expect(sink.bytes()).toHaveLength(0);
    expect(writer.bytesWritten).toBe(0);
  });

  it('refuses a record that is longer than the format allows, and takes one that is as long', async () => {
    const { writer } = writing();
    const tooLong = { type: 'HVM_CONTEXT', data: new Uint8Array(2 ** 27 + 1) } as const;
    await expect(writer.record(tooLong)).rejects.toThrow('a record of 134217729 bytes is too long');
    const discarding = new LibxcWriter({ writev: async () => {} });
    await discarding.record({ type: 'HVM_CONTEXT', data: tooLong.data.subarray(1) });
    expect(discarding.bytesWritten).toBe(8 + 2 ** 27);
  });

  it('goes on with a stream in either byte order', async () => {
    for (const endian of ['little', 'big', undefined] as const) {
      const { writer, sink } = writing(endian);
      await writer.record({ type: 'X86_PV_VCPU_MSRS', vcpu: 3, data: Uint8Array.of(1, 2, 3) });
      const view = new DataView(sink.bytes().buffer);
      const little = endian !== 'big';
      expect([0, 4, 8, 12].map((at) => view.getUint32(at, little))).toEqual([0x0c, 11, 3, 0]);
      expect([...sink.bytes().subarray(16)]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
    }
  });

  it('writes nothing empty, and what is full without padding', async () => {
    const written: number[][] = [];
    const writer = new LibxcWriter({
      writev: async (parts) => {
        written.push(parts.map(({ length }) => length));
      },
    });
    await writer.record({ type: 'END' });
    await writer.record({ type: 'TOOLSTACK', data: new Uint8Array(8) });
    await writer.record({ type: 'TOOLSTACK', data: new Uint8Array(9) });
    await writer.pageData([1, 2], [0, 0xf], [PAGE]);
    await writer.pageData([1], [0xf], []);
    expect(written).toEqual([[8], [8, 8], [8, 9, 7], [32, 4096], [24]]);
    expect(writer.bytesWritten).toBe(8 + 16 + 24 + 32 + 4096 + 24);
  });
});

describe('LibxcReader', () => {
  async function reading(records: (writer: LibxcWriter) => Promise<void>) {
    const { writer, sink } = writing();
    await writer.headers(HEADERS);
    await records(writer);
    await writer.record({ type: 'END' });
    const reader = new LibxcReader(new ByteReader(byteSource(sink.bytes())));
    await reader.headers();
    return reader;
  }

  it('gives pages one by one, into targets, or passes over what was not read', async () => {
    const pages = [1, 2, 3].map((fill) => new Uint8Array(4096).fill(fill));
    const reader = await reading(async (writer) => {
      for (let i = 0; i < 4; i++) await writer.pageData([1, 2, 3], [0, 0, 0], pages);
    });
    const next = async () => {
      const record = await reader.next();
      if (record?.type !== 'PAGE_DATA') throw new Error('no pages');
      expect(record).toMatchObject({ pageCount: 3, length: 8 + 24 + 3 * 4096 });
      return record;
    };
    const first = await next();
    expect(first).toMatchObject({ index: 0, offset: 40 });
    expect(await first.body.next()).toEqual(pages[0]);
    const second = await next();
    expect(second).toMatchObject({ index: 1, offset: 40 + 40 + 3 * 4096 });
    const target = new Uint8Array(3 * 4096);
    await expect(second.body.readInto([target.subarray(1)])).rejects.toThrow(
      new RangeError('targets of 12287 bytes for 3 pages'),
    );
    await second.body.readInto([target]);
    expect([target[0], target[4096], target[8192]]).toEqual([1, 2, 3]);
    expect(await second.body.next()).toBeUndefined();
    const third = await next();
    await third.body.next();
    await expect(third.body.readInto([target])).rejects.toThrow('targets of 12288 bytes for 2 pages');
    await third.body.readInto([target.subarray(0, 8192)]);
    expect([target[0], target[4096]]).toEqual([2, 3]);
    const fourth = await next();
    await fourth.body.skip();
    await fourth.body.skip();
    expect(await fourth.body.next()).toBeUndefined();
    expect(await reader.next()).toMatchObject({ type: 'END', index: 4 });
    expect(await reader.next()).toBeUndefined();
    expect(await reader.next()).toBeUndefined();
  });
});

describe('frames', () => {
  it.each([true, false])('are written and read up to 52 bits', (little) => {
    const frames = Float64Array.of(0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 52 - 1);
    const words = new Uint8Array(frames.length * 8);
    writeFrames(words, frames, little);
    expect(readFrames(words, little)).toEqual({ frames, bad: undefined });
    writeFrames(words, frames, little, [0, 1, 9, 0xc, 0xf]);
    expect(readPfnWords(words, little)).toEqual({ pfns: frames, types: Uint8Array.of(0, 1, 9, 0xc, 0xf) });
    expect(readFrames(words, little).bad).toBe(1);
  });
});

describe('page types', () => {
  it('are what the format says of each number', () => {
    const table = Array.from({ length: 17 }, (_, type) => [
      pageTypeName(type),
      isKnownPageType(type),
      hasPageData(type),
      needsMemory(type),
      isPinned(type),
      pageTableLevel(type),
    ]);
    const reserved = (type: number) => [`0x${type.toString(16)}`, false, false, false, false, 0];
    expect(table).toEqual([
      ['NOTAB', true, true, true, false, 0],
      ['L1TAB', true, true, true, false, 1],
      ['L2TAB', true, true, true, false, 2],
      ['L3TAB', true, true, true, false, 3],
      ['L4TAB', true, true, true, false, 4],
      ...[5, 6, 7, 8].map(reserved),
      ['L1TAB_PINNED', true, true, true, true, 1],
      ['L2TAB_PINNED', true, true, true, true, 2],
      ['L3TAB_PINNED', true, true, true, true, 3],
      ['L4TAB_PINNED', true, true, true, true, 4],
      ['BROKEN', true, false, false, false, 0],
      ['XALLOC', true, false, true, false, 0],
      ['XTAB', true, false, false, false, 0],
      reserved(16),
    ]);
    expect(isKnownPageType(-1)).toBe(false);
  });
});
