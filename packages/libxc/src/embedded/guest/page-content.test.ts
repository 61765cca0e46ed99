import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PAGE_MATCHES } from './isa.js';
import { checkPage, expectedWord, fillPage } from './page-content.js';

const page = fc.integer({ min: 0, max: 2 ** 31 });
const generation = fc.integer({ min: 0, max: 2 ** 32 - 1 });

test('a page is what it was filled with, word by word', () => {
  fc.assert(
    fc.property(page, generation, fc.nat(1023), (number, g, index) => {
      const words = new Uint32Array(1024);
      fillPage(words, number, g);
      expect(checkPage(words, number, g)).toBe(PAGE_MATCHES);
      expect(words[index]).toBe(expectedWord(number, g, index));
    }),
  );
});

test('any changed bit is found, at its word', () => {
  fc.assert(
    fc.property(page, generation, fc.nat(1023), fc.nat(31), (number, g, index, bit) => {
      const words = new Uint32Array(1024);
      fillPage(words, number, g);
      words[index] = (words[index] ?? 0) ^ (1 << bit);
      expect(checkPage(words, number, g)).toBe(index);
    }),
  );
});

test('a page of two generations is found where they meet, whichever comes first', () => {
  fc.assert(
    fc.property(page, fc.nat(2 ** 31), fc.integer({ min: 2, max: 1023 }), (number, g, cut) => {
      const [older, newer] = [new Uint32Array(1024), new Uint32Array(1024)];
      fillPage(older, number, g);
      fillPage(newer, number, g + 1);
      const torn = Uint32Array.from(newer);
      torn.set(older.subarray(cut), cut);
      expect(checkPage(torn, number, g + 1)).not.toBe(PAGE_MATCHES);
      expect(checkPage(torn, number, g)).not.toBe(PAGE_MATCHES);
    }),
  );
});

test('no word but the page number is the same in two generations or two pages', () => {
  const [a, b, c] = [new Uint32Array(1024), new Uint32Array(1024), new Uint32Array(1024)];
  fillPage(a, 4711, 9);
  fillPage(b, 4711, 10);
  fillPage(c, 4712, 9);
  expect(a.filter((word, i) => word === b[i])).toEqual(Uint32Array.of(4711));
  expect(a.filter((word, i) => word === c[i])).toEqual(Uint32Array.of(9));
});
