import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CELL_NAMES, CELLS, cellScript, planCells } from './cells.js';
import { readFindings } from './report.js';

const shell = readFileSync(new URL('cells.sh', import.meta.url), 'utf8');

describe('plan', () => {
  it('has every cell for every guest, a guest at a time', () => {
    const plan = planCells(['pv64', 'hvm']);
    expect(plan.length).toBe(2 * CELL_NAMES.length);
    expect(plan.map(({ guest }) => guest).join(' ')).toMatch(/^(pv64 ?)+(hvm ?)+$/);
  });

  it('names functions that cells.sh has', () => {
    for (const cell of CELL_NAMES) expect(shell).toContain(`\n${cell}() {`);
    expect(
      cellScript(planCells(['pvh']))
        .split('\n')
        .slice(0, 5),
    ).toEqual(['. ./cells.sh', 'destroy_all', 'start_up', 'configure pvh', `cell pvh ${CELL_NAMES[0]}`]);
  });
});

describe('findings', () => {
  const plan = planCells(['pv64']).slice(0, 3);
  const { results, figures } = readFindings(
    plan,
    [
      'noise',
      '@figure pv64 stock-save 3.75',
      `@cell pv64 ${plan[0]!.cell} ok`,
      'last words',
      '@figure pv64 our-save 1.5',
      '@figure pv64 stock-restore 2',
      `@cell pv64 ${plan[1]!.cell} failed the guest says: selfcheck: count 4, 1 lost`,
    ].join('\n'),
  );

  it('are what was said, and what was not', () => {
    expect(results).toMatchObject([
      { guest: 'pv64', operation: CELLS[plan[0]!.cell], outcome: 'ok', seconds: 3.75 },
      { outcome: 'failed', why: 'the guest says: selfcheck: count 4, 1 lost', seconds: 3.5 },
      { outcome: 'missing', why: 'the run ended before it' },
    ]);
    expect(figures.map(({ name }) => name)).toEqual(['stock-save', 'our-save', 'stock-restore']);
  });

  it("have each cell's own part of the output", () => {
    expect(results[1]?.log).toBe('last words\n@figure pv64 our-save 1.5\n@figure pv64 stock-restore 2');
  });
});
