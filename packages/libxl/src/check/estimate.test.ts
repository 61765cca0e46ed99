import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateMigration } from './estimate.js';

const MIB = 2 ** 20;
const quiet = { pages: 65_536, dirtyPerSecond: 0, bytesPerSecond: 256 * MIB, roundTripMs: 1 };

describe('the estimate of a migration', () => {
  it('of a domain that writes nothing is its memory once, and hardly any downtime', () => {
    expect(estimateMigration(quiet)).toEqual({ totalMs: 1032, downtimeMs: 32, passes: 2, converges: true });
  });

  it('sends again what was written meanwhile', () => {
    // A tenth of the link's speed: each pass is a tenth of the one before.
    const { passes, downtimeMs, converges } = estimateMigration({ ...quiet, dirtyPerSecond: 6553.6 });
    expect(passes).toBe(5);
    expect(downtimeMs).toBeCloseTo(32.1, 0);
    expect(converges).toBe(true);
  });

  it('says that a domain which writes faster than the link does not come to an end', () => {
    const fast = estimateMigration({ ...quiet, dirtyPerSecond: 100_000 });
    expect(fast).toMatchObject({ passes: 6, converges: false });
    expect(fast.downtimeMs).toBeGreaterThan(1000);
    expect(estimateMigration({ ...quiet, dirtyPerSecond: 100_000, downtimeMs: 100 }).passes).toBe(31);
  });

  it('stops as soon as the downtime that was asked for is reached', () => {
    const asked = estimateMigration({ ...quiet, dirtyPerSecond: 32_768, downtimeMs: 300 });
    expect(asked.passes).toBe(3);
    expect(asked.downtimeMs).toBeLessThanOrEqual(300 + 32);
  });

  it('is finite for every domain and link', () => {
    const any = fc.record({
      pages: fc.integer({ min: 1, max: 2 ** 30 }),
      dirtyPerSecond: fc.double({ min: 0, max: 1e9, noNaN: true }),
      bytesPerSecond: fc.double({ min: 1024, max: 1e11, noNaN: true }),
      roundTripMs: fc.double({ min: 0, max: 1e4, noNaN: true }),
    });
    fc.assert(
      fc.property(any, (input) => {
        const { totalMs, downtimeMs, passes } = estimateMigration(input);
        expect(Number.isFinite(totalMs) && downtimeMs <= totalMs && passes <= 6).toBe(true);
      }),
    );
  });
});
