/** 32-bit words in a page of 4 KiB. */
export const WORDS_PER_PAGE = 1024;

// Odd constants with well spread bits; those of the 32-bit hash family that this construction belongs to.
const P1 = 0x9e3779b1;
const P2 = 0x85ebca77;
const P3 = 0xc2b2ae3d;

/** Whether the page that begins at word `at` holds nothing but zeros. */
export function isZeroPage(words: Uint32Array, at = 0): boolean {
  for (let i = at, end = at + WORDS_PER_PAGE; i < end; i += 4) {
    // Array elements that exist: the caller's view covers the page, so the fallback is never taken.
    if (((words[i] ?? 0) | (words[i + 1] ?? 0) | (words[i + 2] ?? 0) | (words[i + 3] ?? 0)) !== 0) return false;
  }
  return true;
}

/**
 * A 64-bit hash of the page that begins at word `at`, written as two words to `into[slot]` and `into[slot + 1]`.
 * Not for use against someone who wants collisions: it tells pages of a guest apart, about 1 us each. Four lanes,
 * each of which is a bijection of its state for every word, so that pages which differ in one word never collide
 * before the final mix of 128 bits to 64.
 */
export function hashPage(words: Uint32Array, at: number, into: Uint32Array, slot: number): void {
  let a = 0x243f6a88;
  let b = 0x85a308d3;
  let c = 0x13198a2e;
  let d = 0x03707344;
  for (let i = at, end = at + WORDS_PER_PAGE; i < end; i += 4) {
    a = (a + Math.imul(words[i] ?? 0, P2)) | 0;
    a = Math.imul((a << 13) | (a >>> 19), P1);
    b = (b + Math.imul(words[i + 1] ?? 0, P2)) | 0;
    b = Math.imul((b << 13) | (b >>> 19), P1);
    c = (c + Math.imul(words[i + 2] ?? 0, P2)) | 0;
    c = Math.imul((c << 13) | (c >>> 19), P1);
    d = (d + Math.imul(words[i + 3] ?? 0, P2)) | 0;
    d = Math.imul((d << 13) | (d >>> 19), P1);
  }
  into[slot] = avalanche(rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18));
  into[slot + 1] = avalanche(Math.imul(rotate(d, 5) ^ rotate(c, 23), P2) + Math.imul(rotate(b, 11) ^ a, P3));
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function avalanche(sum: number): number {
  let h = sum | 0;
  h = Math.imul(h ^ (h >>> 15), P2);
  h = Math.imul(h ^ (h >>> 13), P3);
  return (h ^ (h >>> 16)) >>> 0;
}
