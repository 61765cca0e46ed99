import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { MemorySink } from './byte-sink.js';
import { type ByteSource, byteSource } from './byte-source.js';

const COUNT = 5000;
const bytes = Uint8Array.from({ length: COUNT }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** The same bytes from a source of each kind, and what was asked of it. */
function sources(): Record<string, () => ByteSource> {
  function* chunks(size: number) {
    for (let at = 0; at < COUNT; at += size) yield bytes.subarray(at, at + size);
  }
  async function* slowly() {
    yield* chunks(17);
  }
  return {
    memory: () => byteSource(bytes),
    'chunks of 1': () => byteSource(chunks(1)),
    'chunks of 100': () => byteSource(chunks(100)),
    'one chunk': () => byteSource([bytes]),
    'chunks that come later': () => byteSource(slowly()),
    'a web stream': () => byteSource(new Blob([bytes]).stream()),
    'reads that fill several targets': () => new VectorSource(),
  };
}

/** Fills several targets in one call, three bytes at the most from each call. */
class VectorSource implements ByteSource {
  private at = 0;
  async read(into: Uint8Array): Promise<number> {
    return this.readv([into]);
  }
  async readv(targets: Uint8Array[]): Promise<number> {
    let got = 0;
    for (const target of targets) {
      const part = bytes.subarray(this.at, this.at + Math.min(target.length, 3 - got));
      target.set(part);
      this.at += part.length;
      got += part.length;
    }
    return got;
  }
}

const same = (a: Uint8Array, from: number, to: number) => expect(Buffer.compare(a, bytes.subarray(from, to))).toBe(0);
const OPTIONS = { bufferSize: 64 };

describe.each(Object.entries(sources()))('ByteReader, %s', (_, source) => {
  it('reads what fits the buffer and what does not, and knows the offset', async () => {
    const reader = new ByteReader(source(), OPTIONS);
    same(await reader.read(0), 0, 0);
    same(await reader.read(10), 0, 10);
    same(await reader.read(64), 10, 74);
    same(await reader.read(65), 74, 139);
    expect(reader.offset).toBe(139);
    same(await reader.read(4000), 139, 4139);
    same(await reader.read(COUNT - 4139), 4139, COUNT);
    expect(reader.offset).toBe(COUNT);
    expect(await reader.atEnd()).toBe(true);
    same(await reader.read(0), 0, 0);
  });

  it('says where the input ends, and how much was wanted', async () => {
    const reader = new ByteReader(source(), { ...OPTIONS, offset: 1000 });
    reader.place = { layer: 'libxl', part: 'somewhere', spec: 'a document' };
    await reader.skip(COUNT - 10);
    expect(reader.offset).toBe(1000 + COUNT - 10);
    const fault = { code: 'TRUNCATED', rule: 'truncated', offset: 1000 + COUNT, layer: 'libxl', spec: 'a document' };
    const message = `offset ${1000 + COUNT}: libxl, somewhere: the input ends, 1 byte more was expected`;
    await expect(reader.read(11)).rejects.toMatchObject({ ...fault, message });
    await expect(reader.ensure(11)).rejects.toMatchObject({ ...fault, message });
    same(await reader.peek(11), COUNT - 10, COUNT);
    await expect(reader.read(100)).rejects.toMatchObject({
      ...fault,
      detail: 'the input ends, 90 bytes more were expected',
    });
    expect(await reader.atEnd()).toBe(true);
  });

  it('passes over bytes, within the buffer and beyond', async () => {
    const reader = new ByteReader(source(), OPTIONS);
    for (const n of [0, 1, 63, 64, 65, 200, 1000]) {
      const from = reader.offset;
      await reader.skip(n);
      expect(reader.offset).toBe(from + n);
      same(await reader.read(3), from + n, from + n + 3);
    }
    await expect(reader.skip(COUNT)).rejects.toMatchObject({ code: 'TRUNCATED', offset: COUNT });
  });

  it('looks ahead without passing over', async () => {
    const reader = new ByteReader(source(), OPTIONS);
    same(await reader.peek(5), 0, 5);
    same(await reader.peek(64), 0, 64);
    // No more than the buffer holds.
    same(await reader.peek(100), 0, 64);
    expect(reader.offset).toBe(0);
    await reader.skip(COUNT - 3);
    same(await reader.peek(10), COUNT - 3, COUNT);
    expect(await reader.atEnd()).toBe(false);
    await reader.skip(3);
    expect(await reader.peek(1)).toHaveLength(0);
  });

  it('fills targets in their order', async () => {
    const reader = new ByteReader(source(), OPTIONS);
    await reader.read(5);
    await reader.peek(20);
    const targets = [10, 0, 1, 300, 40].map((size) => new Uint8Array(size));
    await reader.readInto(targets);
    same(Buffer.concat(targets), 5, 5 + 351);
    expect(reader.offset).toBe(5 + 351);
    await reader.readInto([]);
    await reader.skip(COUNT - reader.offset - 4);
    await expect(reader.readInto([new Uint8Array(3), new Uint8Array(3)])).rejects.toMatchObject({
      code: 'TRUNCATED',
      offset: COUNT,
      detail: 'the input ends, 2 bytes more were expected',
    });
  });

  it('reads numbers ahead of where it is', async () => {
    const reader = new ByteReader(source(), OPTIONS);
    await reader.skip(33);
    await reader.ensure(12);
    const view = new DataView(bytes.buffer);
    for (const little of [true, false]) expect(reader.aheadU32(8, little)).toBe(view.getUint32(41, little));
    same(await reader.read(12), 33, 45);
  });
});

describe('ByteReader without waiting', () => {
  it('has what is buffered, or what a source gives at once', async () => {
    const reader = new ByteReader(byteSource(bytes), OPTIONS);
    same(reader.readSync(10) as Uint8Array, 0, 10);
    expect(reader.ensureSync(64)).toBe(true);
    expect(reader.ensureSync(65)).toBe(false);
    expect(reader.readSync(65)).toBeUndefined();
    expect(reader.offset).toBe(10);
    same(reader.readSync(64) as Uint8Array, 10, 74);
    for (const n of [0, 1, 63, 64, 65, 129, 500]) {
      const from = reader.offset;
      expect(reader.skipSync(n)).toBe(true);
      same(reader.readSync(2) as Uint8Array, from + n, from + n + 2);
    }
    const left = COUNT - reader.offset;
    expect(reader.readSync(left + 1)).toBeUndefined();
    expect(() => reader.skipSync(left + 1)).toThrow(`offset ${COUNT}: wire: the input ends, 1 byte more was expected`);
  });

  it('tells that the end comes sooner than it was to be passed over, at the end of the buffer', () => {
    const reader = new ByteReader(byteSource(bytes.subarray(0, 70)), OPTIONS);
    reader.readSync(60);
    expect(() => reader.skipSync(20)).toThrow('offset 70: wire: the input ends, 10 bytes more were expected');
  });

  it('has only what is buffered where the source waits', async () => {
    const reader = new ByteReader(byteSource([bytes]), OPTIONS);
    expect(reader.ensureSync(1)).toBe(false);
    expect(reader.skipSync(1)).toBe(false);
    await reader.peek(20);
    expect(reader.ensureSync(20)).toBe(true);
    expect(reader.skipSync(5)).toBe(true);
    same(reader.readSync(15) as Uint8Array, 5, 20);
    expect(reader.offset).toBe(20);
  });

  it('passes over with the source itself what is more than the buffer', async () => {
    const asked: number[] = [];
    const inner = byteSource(bytes);
    const source: ByteSource = {
      read: (into) => inner.read(into),
      skip: async (n) => {
        asked.push(n);
        return (await inner.skip?.(n)) ?? 0;
      },
    };
    const reader = new ByteReader(source, OPTIONS);
    await reader.peek(10);
    await reader.skip(60);
    await reader.skip(400);
    same(await reader.read(2), 460, 462);
    // What was buffered is passed over first.
    expect(asked).toEqual([400 - 4]);
    await expect(reader.skip(COUNT)).rejects.toMatchObject({
      offset: COUNT,
      detail: `the input ends, ${462} bytes more were expected`,
    });
  });

  it('takes memory for a long read only as its bytes come', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const reader = new ByteReader(byteSource(bytes));
    await expect(reader.read(2 ** 31)).rejects.toMatchObject({ code: 'TRUNCATED' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 2 ** 20);
    const long = new Uint8Array(5 * 2 ** 20).map((_, i) => i >> 12);
    expect(Buffer.compare(await new ByteReader(byteSource(long)).read(long.length), long)).toBe(0);
  });

  it('has a buffer of sixteen bytes at least', async () => {
    const reader = new ByteReader(byteSource(bytes), { bufferSize: 1 });
    expect(reader.ensureSync(16)).toBe(true);
    expect(reader.ensureSync(17)).toBe(false);
  });

  it('closes what it reads from', async () => {
    let closed = 0;
    async function* chunks() {
      try {
        yield bytes;
      } finally {
        closed++;
      }
    }
    const reader = new ByteReader(byteSource(chunks()));
    await reader.read(10);
    await reader.close();
    expect(closed).toBe(1);
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(bytes),
      cancel: () => {
        closed++;
      },
    });
    const other = new ByteReader(byteSource(stream));
    await other.read(10);
    await other.close();
    expect(closed).toBe(2);
    await new ByteReader(byteSource(bytes)).close();
  });
});

describe('MemorySink', () => {
  it('keeps a copy of all parts', async () => {
    const sink = new MemorySink();
    const part = bytes.slice(0, 10);
    await sink.writev([part, bytes.subarray(10, 20)]);
    part.fill(0);
    await sink.writev([]);
    await sink.writev([bytes.subarray(20, 25)]);
    same(sink.bytes(), 0, 25);
  });
});
