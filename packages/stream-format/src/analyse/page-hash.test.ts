import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashPage, isZeroPage, WORDS_PER_PAGE } from './page-hash.js';

const hash = (page: Uint32Array, at = 0): bigint => {
  const out = new Uint32Array(2);
  hashPage(page, at, out, 0);
  return (BigInt(out[1] ?? 0) << 32n) | BigInt(out[0] ?? 0);
};

describe('hashPage', () => {
  it('depends on nothing but the page', () => {
    const words = new Uint32Array(WORDS_PER_PAGE * 2).map((_, i) => Math.imul(i, 2654435761));
    const page = words.slice(WORDS_PER_PAGE);
    expect(hash(words, WORDS_PER_PAGE)).toBe(hash(page));
  });

  it('tells apart pages that differ in one bit, wherever it is', () => {
    const page = new Uint32Array(WORDS_PER_PAGE);
    const seen = new Set<bigint>([hash(page)]);
    for (let bit = 0; bit < WORDS_PER_PAGE * 32; bit++) {
      page[bit >>> 5] = 1 << (bit & 31);
      seen.add(hash(page));
      page[bit >>> 5] = 0;
    }
    expect(seen.size).toBe(1 + WORDS_PER_PAGE * 32);
  });

  it('tells apart pages with words swapped', () => {
    fc.assert(
      fc.property(fc.nat(WORDS_PER_PAGE - 1), fc.nat(WORDS_PER_PAGE - 1), fc.integer(), fc.integer(), (i, j, x, y) => {
        fc.pre(i !== j && x !== y);
        const one = new Uint32Array(WORDS_PER_PAGE);
        const other = new Uint32Array(WORDS_PER_PAGE);
        one[i] = other[j] = x;
        one[j] = other[i] = y;
        expect(hash(one)).not.toBe(hash(other));
      }),
    );
  });

  it('spreads its bits: over counting pages, each of the 64 is set about half the time', () => {
    const page = new Uint32Array(WORDS_PER_PAGE);
    const set = new Array<number>(64).fill(0);
    const pages = 4096;
    for (let n = 0; n < pages; n++) {
      page[n % WORDS_PER_PAGE] = n;
      const h = hash(page);
      for (let bit = 0; bit < 64; bit++) if ((h >> BigInt(bit)) & 1n) set[bit] = (set[bit] ?? 0) + 1;
    }
    for (const count of set) expect(Math.abs(count / pages - 0.5)).toBeLessThan(0.05);
  });
});

describe('isZeroPage', () => {
  it('sees any word that is set', () => {
    const page = new Uint32Array(WORDS_PER_PAGE);
    expect(isZeroPage(page)).toBe(true);
    for (let i = 0; i < WORDS_PER_PAGE; i++) {
      page[i] = 1;
      expect(isZeroPage(page)).toBe(false);
      page[i] = 0;
    }
  });
});
