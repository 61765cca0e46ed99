import { expect, test } from 'vitest';
import { xenPrecopyPolicy } from './policy.js';

test.each([
  [0, 262_144, 'continue'],
  [1, 50, 'continue'],
  [1, 49, 'stop-and-copy'],
  [3, 0, 'stop-and-copy'],
  [4, 50, 'continue'],
  [4, undefined, 'continue'],
  [5, undefined, 'stop-and-copy'],
  [5, 100_000, 'stop-and-copy'],
] as const)("Xen's policy after %i passes with %s dirty pages: %s", (iteration, dirtyCount, decision) => {
  expect(xenPrecopyPolicy({ iteration, totalWritten: 0, dirtyCount })).toBe(decision);
});
