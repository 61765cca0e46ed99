import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CELL_NAMES, cellScript, planCells } from './cells.js';
import { formatReport, junitOf, readReport } from './report.js';

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

describe('report', () => {
  const plan = planCells(['pv64']).slice(0, 3);
  const report = readReport(
    plan,
    [
      'noise',
      '@figure pv64 stock-save 3.75',
      `@cell pv64 ${plan[0]!.cell} ok`,
      `@cell pv64 ${plan[1]!.cell} failed the guest says: selfcheck: count 4, 1 "lost" & <gone>`,
    ].join('\n'),
  );

  it('takes what was said, and misses what was not', () => {
    expect(report.figures).toEqual([{ guest: 'pv64', name: 'stock-save', seconds: 3.75 }]);
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['ok', 'failed', 'missing']);
  });

  it('is a table with the reasons below it', () => {
    const text = formatReport(report);
    expect(text).toMatch(/stock xl save, our xl restore +ok/);
    expect(text).toContain('the run ended before it');
    expect(text).toContain('stock-save                3.75 s');
  });

  it('is JUnit with escaped texts', () => {
    const xml = junitOf(report);
    expect(xml).toContain('tests="3" failures="2"');
    expect(xml).toContain('1 &quot;lost&quot; &amp; &lt;gone>');
  });
});
