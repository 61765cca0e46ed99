import { expect, test } from 'vitest';
import { INVALID_FRAME } from '../hypervisor/frames.js';
import { P2m } from './p2m.js';

test.each([
  [2 ** 32 - 2, 4],
  [2 ** 32 - 1, 8],
] as const)('of a restore on a host with frames up to %d an entry takes %i bytes', (maxMfn, width) => {
  const p2m = P2m.forRestore({ maxMfn });
  expect(p2m.width).toBe(width);
  p2m.maxPfn = 2000;
  expect(p2m.mfnOf(1999)).toBe(INVALID_FRAME);
  p2m.set(1999, maxMfn);
  p2m.set(1998, 0);
  expect([1997, 1998, 1999, 2000, 2001].map((pfn) => p2m.mfnOf(pfn))).toEqual([-1, 0, maxMfn, -1, -1]);
  p2m.set(1999, INVALID_FRAME);
  expect(p2m.mfnOf(1999)).toBe(INVALID_FRAME);
  expect(() => p2m.set(2001, 1)).toThrow(RangeError);
});
