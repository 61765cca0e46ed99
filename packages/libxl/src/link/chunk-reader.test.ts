import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkReader } from './chunk-reader.js';
import { Chunks } from './chunks.js';

function reading(pieces: readonly Buffer[]): ChunkReader {
  const stream = new PassThrough();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return new ChunkReader(stream);
}

describe('what comes in pieces', () => {
  it('is read as it was written, wherever the pieces end', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 70 }), async (written, step) => {
        const whole = Buffer.concat(written);
        const reader = reading(written.map((piece) => Buffer.from(piece)));
        const read: Buffer[] = [];
        for (let left = whole.length; left > 0; ) {
          const length = Math.min(step, left);
          read.push(read.length % 2 === 0 ? await reader.read(length) : Buffer.concat(await reader.readParts(length)));
          left -= length;
        }
        expect(await reader.atEnd()).toBe(true);
        expect(Buffer.concat(read).equals(whole)).toBe(true);
      }),
    );
  });

  it('is not copied where it is large, and put together where it is tiny', async () => {
    const large = Array.from({ length: 4 }, (_, i) => Buffer.alloc(64 * 1024, i));
    const parts = await reading(large).readParts(256 * 1024);
    expect(parts.map((part) => part.buffer)).toEqual(large.map((piece) => piece.buffer));
    const tiny = Array.from({ length: 5_000 }, (_, i) => Buffer.from([i]));
    expect((await reading(tiny).readParts(5_000)).length).toBeLessThan(20);
  });

  it('and ends too early is told with the place', async () => {
    const reader = reading([Buffer.alloc(10)]);
    await reader.read(4);
    await expect(reader.read(20)).rejects.toThrow('the input ends at 4, 14 bytes before it should');
  });

  it('is taken no further ahead than a megabyte', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const chunks = new Chunks(stream);
    let written = 0;
    const write = () => {
      while (written < 200 && stream.write(Buffer.alloc(64 * 1024))) written++;
    };
    stream.on('drain', write);
    write();
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
    expect(stream.isPaused()).toBe(true);
    for (let read = 0; read < 20; read++) await chunks.next();
    for (let turn = 0; turn < 500; turn++) await new Promise(setImmediate);
    expect((await chunks.next())?.length).toBe(64 * 1024);
    stream.destroy();
  });

  it('of a stream that breaks off is its error', async () => {
    const stream = new PassThrough();
    const chunks = new Chunks(stream);
    const next = chunks.next();
    stream.destroy(new Error('broken'));
    await expect(next).rejects.toThrow('broken');
  });
});
