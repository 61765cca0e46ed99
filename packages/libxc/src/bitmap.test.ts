import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PageBitmap, SparsePageSet } from './bitmap.js';

const pagesOf = (bitmap: PageBitmap, most = 1024) => [...bitmap.batches(most)].flatMap((batch) => [...batch]);

test('the bytes are those of the log-dirty bitmap: page p is bit p & 7 of byte p >> 3, in whole 64-bit words', () => {
  const bitmap = new PageBitmap(65);
  expect(bitmap.bytes.length).toBe(16);
  bitmap.set(0);
  bitmap.set(11);
  bitmap.set(64);
  expect([...bitmap.bytes].map((byte, i) => [i, byte]).filter(([, byte]) => byte !== 0)).toEqual([
    [0, 1],
    [1, 8],
    [8, 1],
  ]);
});

test('the pages that were set come out, ascending, each once, in batches', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(5000)), fc.integer({ min: 1, max: 200 }), (pages, most) => {
      const bitmap = new PageBitmap(5001);
      for (const page of pages) bitmap.set(page);
      const batches = [...bitmap.batches(most)];
      expect(batches.flatMap((batch) => [...batch])).toEqual(pages.sort((a, b) => a - b));
      expect(batches.slice(0, -1).every((batch) => batch.length === most)).toBe(true);
      for (const page of [0, 31, 32, 5000]) expect(bitmap.test(page)).toBe(pages.includes(page));
    }),
  );
});

test.each([1, 31, 32, 33, 63, 64, 65, 1024, 1030])('all of %i pages, and not one more', (size) => {
  const bitmap = new PageBitmap(size);
  bitmap.setAll();
  expect(pagesOf(bitmap)).toEqual(Array.from({ length: size }, (_, i) => i));
  bitmap.clearAll();
  expect(pagesOf(bitmap)).toEqual([]);
});

test('bits that a hypervisor sets past the end are no pages', () => {
  const bitmap = new PageBitmap(40);
  bitmap.bytes.fill(0xff);
  expect(pagesOf(bitmap).length).toBe(40);
});

test('bitmaps add up; sizes must agree', () => {
  const a = new PageBitmap(100);
  const b = new PageBitmap(100);
  a.set(3);
  b.set(99);
  a.add(b);
  expect(pagesOf(a)).toEqual([3, 99]);
  expect(() => a.add(new PageBitmap(101))).toThrow(RangeError);
});

test('a sparse set holds any page number that a stream can name', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.nat(100_000),
          fc.maxSafeNat().map((n) => n % 2 ** 52),
        ),
      ),
      (pages) => {
        const set = new SparsePageSet();
        const seen = new Set<number>();
        for (const page of pages) {
          expect(set.has(page)).toBe(seen.has(page));
          expect(set.add(page)).toBe(!seen.has(page));
          seen.add(page);
          expect(set.has(page)).toBe(true);
        }
      },
    ),
  );
});

test('what one sparse set has and another has not, ascending', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200_000)), fc.uniqueArray(fc.nat(200_000)), (ours, theirs) => {
      const [a, b] = [new SparsePageSet(), new SparsePageSet()];
      for (const page of ours) a.add(page);
      for (const page of [...theirs, ...ours.slice(0, 3)]) b.add(page);
      const left = ours.slice(3).filter((page) => !theirs.includes(page));
      expect([...a.without(b)]).toEqual(left.sort((x, y) => x - y));
    }),
  );
});
