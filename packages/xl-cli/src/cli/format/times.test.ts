import { describe, expect, it } from 'vitest';
import { clockTime, longUptime, shortUptime } from './times.js';

describe('uptimes', () => {
  it("are written as stock's", () => {
    expect(longUptime(59)).toBe(' 0:00:59');
    expect(longUptime(3 * 3600 + 4 * 60 + 5)).toBe(' 3:04:05');
    expect(longUptime(86_400 + 12 * 3600)).toBe('1 day, 12:00:00');
    expect(longUptime(2 * 86_400 + 61)).toBe('2 days,  0:01:01');
    expect(shortUptime(2 * 86_400 + 61)).toBe('2 days,  0:01');
  });

  it('come with the local time of day', () => {
    expect(clockTime(new Date(2026, 1, 3, 4, 5, 6))).toBe('04:05:06');
  });
});
