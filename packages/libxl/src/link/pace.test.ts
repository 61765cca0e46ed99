import { expect, it } from 'vitest';
import { Pace } from './pace.js';

it('keeps to its rate over any time, and makes up for short pauses only', async () => {
  let now = 0;
  const pace = new Pace(
    1000,
    () => now,
    async (ms) => {
      now += ms;
    },
  );
  for (let i = 0; i < 20; i++) await pace.take(100);
  expect(now).toBeCloseTo(1900);
  now += 10_000;
  const start = now;
  for (let i = 0; i < 11; i++) await pace.take(100);
  expect(now - start).toBeCloseTo(950);
});
