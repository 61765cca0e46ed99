import { expect, it } from 'vitest';
import { rate, wholeNumber } from './values.js';

it.each([
  ['100', 100 * 2 ** 20],
  ['100M', 100 * 2 ** 20],
  ['500k', 500 * 1024],
  ['1.5G', 1.5 * 2 ** 30],
  ['10MiB/s', 10 * 2 ** 20],
])('a rate of %s', (text, bytes) => {
  expect(rate('bandwidth', text)).toBe(bytes);
});

it.each(['', '0', 'fast', '-1', '1T', '1e9', '10 M'])("'%s' is no rate", (text) => {
  expect(() => rate('bandwidth', text)).toThrow('xl: --bandwidth takes MiB a second');
});

it('a number stays in its range', () => {
  expect(wholeNumber('streams', '4', 1, 16)).toBe(4);
  for (const text of ['0', '17', '4.5', '', 'four', '0x4']) {
    expect(() => wholeNumber('streams', text, 1, 16)).toThrow(`--streams takes a number from 1 to 16, not '${text}'`);
  }
});
