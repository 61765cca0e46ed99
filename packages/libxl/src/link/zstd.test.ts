import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, contentBound, decompress } from './zstd.js';

const samples = [
  Buffer.alloc(0),
  Buffer.from('x'),
  Buffer.alloc(256 * 1024),
  randomBytes(256 * 1024),
  Buffer.concat([randomBytes(100_000), Buffer.alloc(50_000, 7), Buffer.from('text '.repeat(10_000))]),
];

describe('zstd', () => {
  it('gives back what it was given', async () => {
    for (const sample of samples) {
      expect((await decompress(await compress(sample), sample.length)).equals(sample)).toBe(true);
    }
  });

  it('knows before how much a frame can hold', async () => {
    for (const sample of samples) {
      const bound = contentBound(await compress(sample));
      expect(bound).toBeGreaterThanOrEqual(sample.length);
      expect(bound).toBeLessThanOrEqual(sample.length + 128 * 1024);
    }
  });

  it('refuses a small frame that would become large, and one of another size than was said', async () => {
    const bomb = await compress(Buffer.alloc(64 << 20));
    expect(bomb.length).toBeLessThan(16 * 1024);
    await expect(decompress(bomb, 256 * 1024)).rejects.toThrow('does not hold 262144 bytes');
    await expect(decompress(await compress(Buffer.alloc(1000)), 999)).rejects.toThrow(RangeError);
  });

  it('refuses a window that would cost much memory', async () => {
    const frame = await compress(randomBytes(1 << 20));
    // The window's size follows the descriptor: 128 MiB.
    frame[5] = 17 << 3;
    expect(() => contentBound(frame)).toThrow('larger window');
  });

  it('answers anything else with a RangeError or an error of the decoder, and promptly', async () => {
    const good = await compress(samples[4] as Buffer);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const bad = cut ? good.subarray(0, at) : Buffer.from(good);
        if (!cut) bad[at] = byte;
        const outcome = await decompress(bad, (samples[4] as Buffer).length).catch((e: unknown) => e);
        expect(outcome instanceof Error || (outcome as Buffer).length === (samples[4] as Buffer).length).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
