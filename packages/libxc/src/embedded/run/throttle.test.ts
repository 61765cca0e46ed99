import { expect, test } from 'vitest';
import { Throttle } from './throttle.js';

/** Executes for `total` milliseconds of a clock of its own, a tenth of one at a time. @returns how many it executed */
function execute(percent: number, total: number): number {
  let now = 1000;
  let executed = 0;
  const throttle = new Throttle(
    () => percent,
    () => now,
  );
  while (now < 1000 + total) {
    const pause = throttle.pause();
    now += pause;
    if (pause > 0) throttle.resumed();
    else {
      now += 0.01;
      executed += 0.01;
    }
  }
  return executed;
}

test.each([
  [0, 3000],
  [100, 3000],
  [50, 1500],
  [10, 300],
  [1, 30],
])('a cap of %i percent leaves a vcpu %i ms of 3 s', (percent, expected) => {
  expect(Math.abs(execute(percent, 3000) - expected)).toBeLessThan(expected * 0.05 + 45);
});
