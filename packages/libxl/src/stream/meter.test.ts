import { describe, expect, it } from 'vitest';
import { TransferMeter } from './meter.js';

const MIB = 2 ** 20;
const PAGES_PER_MIB = 256;

/** A clock that a test sets, in milliseconds. */
function metered() {
  let at = 1000;
  const meter = new TransferMeter(() => at);
  let bytes = 0;
  return {
    meter,
    /** Some milliseconds later so many MiB more are gone. */
    step(
      ms: number,
      mib: number,
      phase: 'precopy' | 'suspend' | 'stop-and-copy' | 'end',
      iteration: number,
      done: number,
      total: number,
    ) {
      at += ms;
      bytes += mib * MIB;
      return meter.observe({ phase, iteration, pagesDone: done, pagesTotal: total, bytes, throttle: 0 });
    },
  };
}

describe('the meter of a transfer', () => {
  it('knows throughput, dirty rate, what is left and the downtime to expect', () => {
    const { meter, step } = metered();
    const whole = 100 * PAGES_PER_MIB;
    expect(step(0, 0, 'precopy', 0, 0, whole)).toMatchObject({ pass: 1, throughput: 0, expectedDowntimeMs: undefined });
    const half = step(500, 50, 'precopy', 0, whole / 2, whole);
    expect(half.throughput).toBeCloseTo(100 * MIB);
    expect(half.remainingBytes).toBeCloseTo(50 * MIB);
    expect(half.dirtyRate).toBeUndefined();
    step(500, 50, 'precopy', 0, whole, whole);
    // 10 MiB were written during the second that the first pass took.
    const second = step(0, 0, 'precopy', 1, 0, 10 * PAGES_PER_MIB);
    expect(second).toMatchObject({ pass: 2, dirtyRate: 10 * PAGES_PER_MIB });
    // The pass takes 100 ms, in which 1 MiB is written, which takes 10 ms.
    expect(second.expectedDowntimeMs).toBeCloseTo(10);
    step(100, 10, 'precopy', 1, 10 * PAGES_PER_MIB, 10 * PAGES_PER_MIB);
    step(0, 0, 'suspend', 2, 0, 0);
    const last = step(5, 0, 'stop-and-copy', 2, 0, PAGES_PER_MIB);
    expect(last.expectedDowntimeMs).toBeCloseTo(10, 0);
    step(10, 1, 'stop-and-copy', 2, PAGES_PER_MIB, PAGES_PER_MIB);
    step(1, 0, 'end', 3, 0, 0);
    expect(meter.passes).toEqual([
      { pages: whole, bytes: 100 * MIB, ms: 1000, suspended: false },
      { pages: 10 * PAGES_PER_MIB, bytes: 10 * MIB, ms: 100, suspended: false },
      { pages: PAGES_PER_MIB, bytes: MIB, ms: 11, suspended: true },
    ]);
  });

  it('looks at the last two seconds, and keeps few samples', () => {
    const { step } = metered();
    let statistics = step(0, 0, 'precopy', 0, 0, 1e6);
    for (let i = 1; i <= 5000; i++) statistics = step(1, 0.1, 'precopy', 0, i, 1e6);
    expect(statistics.throughput).toBeCloseTo(100 * MIB, -6);
    for (let i = 1; i <= 5000; i++) statistics = step(1, 0.01, 'precopy', 0, 5000 + i, 1e6);
    expect(statistics.throughput).toBeCloseTo(10 * MIB, -6);
  });

  it('expects no guest to dirty more than it has', () => {
    const { step } = metered();
    step(0, 0, 'precopy', 0, 0, 1000);
    step(100, 1000 / PAGES_PER_MIB, 'precopy', 0, 1000, 1000);
    const { expectedDowntimeMs = 0, throughput } = step(0, 0, 'precopy', 1, 0, 1000);
    expect(expectedDowntimeMs).toBeCloseTo(((1000 * 4096) / throughput) * 1000);
  });
});
