import { expect, test } from 'vitest';
import { downtimePolicy, xenPrecopyPolicy } from './policy.js';

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
  expect(xenPrecopyPolicy({ iteration, totalWritten: 0, dirtyCount, elapsedMs: 0, lastPass: undefined })).toBe(
    decision,
  );
});

const pass = { pages: 10_000, bytes: 100_000_000, ms: 1000 };

test.each([
  [0, 262_144, undefined, 'continue'],
  [1, undefined, pass, 'continue'],
  // 100 MB a second: 732 pages take 30 ms.
  [1, 733, pass, 'continue'],
  [1, 732, pass, 'stop-and-copy'],
  [7, 0, { pages: 0, bytes: 0, ms: 0 }, 'stop-and-copy'],
  [9, 100_000, pass, 'continue'],
  [10, 100_000, pass, 'abort'],
  [10, undefined, pass, 'abort'],
] as const)(
  'a target of 30 ms after %i passes with %s dirty pages: %4$s',
  (iteration, dirtyCount, lastPass, decision) => {
    const policy = downtimePolicy({ downtimeMs: 30, maxIterations: 10, otherwise: 'abort' });
    expect(policy({ iteration, totalWritten: 0, dirtyCount, elapsedMs: 0, lastPass })).toBe(decision);
  },
);
