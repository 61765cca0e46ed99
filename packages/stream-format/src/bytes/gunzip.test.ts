import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ByteReader } from './byte-reader.js';
import { byteSource } from './byte-source.js';
import { gunzipIfNeeded } from './gunzip.js';

const CONTENTS = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251);

/** All that comes, and the error that ends it. */
async function drain(packed: Uint8Array | AsyncIterable<Uint8Array>): Promise<{ bytes: number; error?: unknown }> {
  const source = await gunzipIfNeeded(byteSource(packed));
  const part = new Uint8Array(10_000);
  let bytes = 0;
  try {
    for (let got = await source.read(part); got > 0; got = await source.read(part)) bytes += got;
    return { bytes };
  } catch (error) {
    return { bytes, error };
  }
}

describe('gunzipIfNeeded', () => {
  it('passes on what is not compressed, be it empty or a byte long', async () => {
    for (const length of [0, 1, 2, 70_000]) expect(await drain(CONTENTS.slice(0, length))).toEqual({ bytes: length });
  });

  it('unpacks what is', async () => {
    const reader = new ByteReader(await gunzipIfNeeded(byteSource(new Uint8Array(gzipSync(CONTENTS)))));
    expect(Buffer.compare(await reader.read(CONTENTS.length), CONTENTS)).toBe(0);
    expect(await reader.atEnd()).toBe(true);
  });

  it('of a file that is cut or damaged says so, with the offset in what was inside', async () => {
    const packed = new Uint8Array(gzipSync(CONTENTS));
    const cut = await drain(packed.subarray(0, packed.length - 20));
    expect(cut.error).toMatchObject({ code: 'TRUNCATED', rule: 'gzip', offset: cut.bytes });
    packed[packed.length - 6] = (packed[packed.length - 6] ?? 0) ^ 0xff;
    const damaged = await drain(packed);
    expect(damaged.error).toMatchObject({ code: 'BAD_VALUE', rule: 'gzip', offset: damaged.bytes });
  });

  it('passes on what the source throws', async () => {
    async function* failing() {
      yield new Uint8Array(gzipSync(CONTENTS)).subarray(0, 100);
      throw new Error('disk on fire');
    }
    expect((await drain(failing())).error).toMatchObject({ message: 'disk on fire' });
  });
});
