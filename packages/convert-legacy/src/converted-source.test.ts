import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ByteReader, byteSource, MemorySink } from '@xen-migration/stream-format';
import { describe, expect, it } from 'vitest';
import { convertedSource, convertLegacyStream, legacyToV2 } from './index.js';
import { batch, head, smallStream, tail } from './testing/small-stream.js';

const reader = (stream: Uint8Array) => new ByteReader(byteSource(stream));

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return list;
}

async function converted(stream: Uint8Array): Promise<Uint8Array> {
  const sink = new MemorySink();
  await convertLegacyStream(reader(stream), sink, { format: 'libxl' });
  return sink.bytes();
}

/** A guest of so many batches, made as it is read; tells how many were taken. */
async function* guestOf(batches: number, taken: { count: number }): AsyncGenerator<Uint8Array> {
  yield head(batches * 64);
  for (let i = 0; i < batches; i++) {
    taken.count++;
    yield batch(i * 64, 64);
  }
  yield tail();
}

describe('legacyToV2', () => {
  it('makes in a pipeline what is made in one piece, however the input is cut', async () => {
    const stream = smallStream(40);
    const wanted = await converted(stream);
    for (const size of [1, 7, 4096, 1 << 20]) {
      const parts: Uint8Array[] = [];
      const cut = Array.from({ length: Math.ceil(stream.length / size) }, (_, i) =>
        stream.subarray(i * size, (i + 1) * size),
      );
      await pipeline(
        Readable.from(cut),
        (source) => legacyToV2(source as AsyncIterable<Uint8Array>, { format: 'libxl' }),
        new Writable({
          write(chunk: Uint8Array, _encoding, done) {
            parts.push(chunk);
            done();
          },
        }),
      );
      expect(Buffer.compare(Buffer.concat(parts), wanted)).toBe(0);
    }
  });

  it('takes no more than is asked for', async () => {
    const taken = { count: 0 };
    const chunks = legacyToV2(guestOf(1000, taken));
    await chunks.next();
    await chunks.next();
    // Two chunks of 256 KiB are two batches; one more is on its way.
    expect(taken.count).toBeLessThanOrEqual(4);
    await chunks.return(undefined);
    expect(taken.count).toBeLessThanOrEqual(5);
  });

  it('holds no more for a long stream than for a short one', async () => {
    const BATCHES = 1024;
    let chunks = 0;
    let bytes = 0;
    let most = 0;
    for await (const chunk of legacyToV2(guestOf(BATCHES, { count: 0 }))) {
      bytes += chunk.length;
      if (chunks++ % 16 === 0) most = Math.max(most, process.memoryUsage().arrayBuffers);
    }
    expect(bytes).toBeGreaterThan(BATCHES * 64 * 4096);
    // The stream has 256 MiB. Chunks that nobody holds any more may wait for the collector.
    expect(most).toBeLessThan(128 * 2 ** 20);
  });
});

describe('convertedSource', () => {
  it('reads nothing past the end of the legacy stream', async () => {
    const input = reader(Buffer.concat([smallStream(8), Buffer.from('what follows')]));
    const source = convertedSource(input, { format: 'libxl' });
    const output = new ByteReader(source);
    const wanted = await converted(smallStream(8));
    expect(Buffer.compare(await output.read(wanted.length), wanted)).toBe(0);
    expect(await output.atEnd()).toBe(true);
    expect(source.report).toMatchObject({ width: 64, guestType: 'hvm', pages: 8 });
    expect(Buffer.from(await input.read(12)).toString()).toBe('what follows');
  });

  it('gives what came before a fault, then the fault, each time it is asked', async () => {
    const stream = smallStream(8);
    const output = new ByteReader(convertedSource(reader(stream.subarray(0, stream.length - 30))));
    await output.read(24 + 16 + 8);
    const fault = { code: 'TRUNCATED', layer: 'legacy', offset: stream.length - 30 };
    await expect(output.skip(1 << 20)).rejects.toMatchObject(fault);
    await expect(output.skip(1 << 20)).rejects.toMatchObject(fault);
  });

  it('ends when it is closed, whoever waits', async () => {
    const taken = { count: 0 };
    const source = convertedSource(new ByteReader(byteSource(guestOf(1000, taken))));
    await source.read(new Uint8Array(10));
    await source.close?.();
    expect(await source.read(new Uint8Array(10))).toBe(0);
    expect(taken.count).toBeLessThan(3);
  });

  it('fills several targets at once, each as far as there is something', async () => {
    const wanted = await converted(smallStream(8));
    const source = convertedSource(reader(smallStream(8)), { format: 'libxl' });
    const parts: Uint8Array[] = [];
    for (;;) {
      const targets = [new Uint8Array(5), new Uint8Array(11)];
      const got = await source.readv?.(targets);
      if (got === 0 || got === undefined) break;
      parts.push(Buffer.concat(targets).subarray(0, got));
    }
    expect(Buffer.compare(Buffer.concat(parts), wanted)).toBe(0);
  });

  it('that is closed while a read waits ends the read, and the conversion', async () => {
    let ended = false;
    async function* stalled(): AsyncGenerator<Uint8Array> {
      try {
        yield head(8);
        yield batch(0, 4);
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield batch(4, 4);
        yield tail();
      } finally {
        ended = true;
      }
    }
    const input = new ByteReader(byteSource(stalled()));
    const source = convertedSource(input);
    const output = new ByteReader(source);
    await output.skip(24 + 16 + 8);
    const waiting = output.skip(1 << 20);
    await source.close?.();
    await source.close?.();
    await expect(waiting).rejects.toMatchObject({ code: 'TRUNCATED' });
    await input.close();
    expect(ended).toBe(true);
    expect(source.report).toBeUndefined();
  });

  it('that is closed before it was read converts nothing', async () => {
    const taken = { count: 0 };
    const source = convertedSource(new ByteReader(byteSource(guestOf(10, taken))));
    await source.close?.();
    expect(await source.read(new Uint8Array(10))).toBe(0);
    expect(taken.count).toBeLessThan(2);
  });
});

describe('legacyToV2, ended early', () => {
  it('closes what it reads from', async () => {
    let ended = false;
    async function* input(): AsyncGenerator<Uint8Array> {
      try {
        yield* guestOf(1000, { count: 0 });
      } finally {
        ended = true;
      }
    }
    for await (const chunk of legacyToV2(input())) {
      expect(chunk.length).toBe(256 * 1024);
      break;
    }
    expect(ended).toBe(true);
  });

  it('gives no empty chunk where the stream fills the last one', async () => {
    for (const stream of [smallStream(8), smallStream(60)]) {
      const lengths: number[] = [];
      for await (const chunk of legacyToV2(stream)) lengths.push(chunk.length);
      expect(lengths.every((length) => length > 0)).toBe(true);
    }
  });

  it('passes on what is wrong', async () => {
    const chunks = legacyToV2(smallStream(8).subarray(0, 5000));
    await expect(all(chunks)).rejects.toMatchObject({ code: 'TRUNCATED', layer: 'legacy' });
  });
});
