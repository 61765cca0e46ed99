import type { TransferStatistics } from '@xen-migration/libxl';
import { describe, expect, it } from 'vitest';
import { progressLine } from './progress.js';

const MIB = 2 ** 20;
const statistics: TransferStatistics = {
  pass: 2,
  pagesDone: 64,
  pagesTotal: 256,
  bytes: 100 * MIB,
  elapsedMs: 1000,
  throughput: 50 * MIB,
  dirtyRate: 1000,
  remainingBytes: 0.75 * MIB,
  expectedDowntimeMs: 12,
  throttle: 0,
};
const state = { what: 'pass 2', done: 64, total: 256, bytes: 100 * MIB, statistics };

describe('the line of progress', () => {
  it('tells pass, share, bytes, throughput, what is left, dirty rate, downtime and pages', () => {
    expect(progressLine('migration sender', state, 2000, 200)).toBe(
      'migration sender: pass 2 25%, 100 MiB, 50.0 MiB/s, 768 KiB left, guest writes 1000 pages/s, downtime ~12 ms, 64/256 pages',
    );
  });

  it('leaves out at its end what the terminal has no room for', () => {
    expect(progressLine('migration sender', state, 2000, 60)).toBe('migration sender: pass 2 25%, 100 MiB, 50.0 MiB/s');
    expect(progressLine('save', state, 2000, 10)).toBe('save: pass 2 25%');
  });

  it('does with less where less is known', () => {
    const plain = { what: 'precopy', done: 5, total: 0, bytes: 10 * MIB };
    expect(progressLine('restore', plain, 2000, 80)).toBe('restore: precopy, 10.0 MiB, 5.0 MiB/s');
    const { dirtyRate: _r, expectedDowntimeMs: _d, ...first } = statistics;
    const early = { ...state, statistics: { ...first, dirtyRate: undefined, expectedDowntimeMs: undefined } };
    expect(progressLine('save', early, 0, 80)).toBe(
      'save: pass 2 25%, 100 MiB, 50.0 MiB/s, 768 KiB left, 64/256 pages',
    );
  });
});
