import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CELLS, cellScript, guestsOfExtent, planCells } from './cells.js';
import { readFindings } from './report.js';

const shell = readFileSync(new URL('cells.sh', import.meta.url), 'utf8');

describe('plan', () => {
  const names = Object.keys(CELLS);

  it('has every cell, on one machine or on two', () => {
    const planned = [...planCells('one', 'pv64'), ...planCells('two', 'pv64')];
    expect(planned.map(({ cell }) => cell).toSorted()).toEqual(names.toSorted());
    expect(planCells('one', 'pvh').filter(({ cell }) => cell.includes('legacy'))).toEqual([]);
  });

  it('has one interchange each way where it is to be quick', () => {
    expect(guestsOfExtent('quick')).toEqual(['pv64', 'hvm']);
    expect(planCells('one', 'hvm', 'quick').map(({ cell }) => CELLS[cell])).toEqual([
      'stock xl save, our xl restore',
      'our xl save, stock xl restore',
    ]);
    expect(planCells('two', 'hvm', 'quick')).toEqual([]);
  });

  it('names functions that cells.sh has', () => {
    for (const cell of names) expect(shell).toContain(`\n${cell}() {`);
    const [, , , configured, first] = cellScript('one', 'pvh').split('\n');
    expect([configured, first]).toEqual(['configure pvh', `cell pvh ${planCells('one', 'pvh')[0]?.cell}`]);
    expect(cellScript('two', 'pvh')).toContain('\ncell_on_right pvh across_ssh\n');
  });
});

describe('findings', () => {
  const plan = planCells('one', 'pv64').slice(0, 3);
  const { results, figures } = readFindings(
    plan,
    [
      'noise',
      '@figure pv64 stock-save 3.75',
      `@cell pv64 ${plan[0]!.cell} ok`,
      'last words',
      '@figure pv64 our-save 1.5',
      '@downtime pv64 our-save 0.5',
      '@figure pv64 stock-restore 2',
      `@cell pv64 ${plan[1]!.cell} failed the guest says: selfcheck: count 4, 1 lost`,
    ].join('\n'),
    'the run ended before it',
  );

  it('are what was said, and what was not', () => {
    expect(results).toMatchObject([
      { guest: 'pv64', operation: CELLS[plan[0]!.cell], outcome: 'ok', seconds: 3.75 },
      { outcome: 'failed', why: 'the guest says: selfcheck: count 4, 1 lost', seconds: 3.5 },
      { outcome: 'missing', why: 'the run ended before it' },
    ]);
    expect(figures.map(({ name }) => name)).toEqual(['stock-save', 'our-save', 'our-save-downtime', 'stock-restore']);
  });

  it("have each cell's own part of the output", () => {
    expect(results[1]?.log).toBe(
      'last words\n@figure pv64 our-save 1.5\n@downtime pv64 our-save 0.5\n@figure pv64 stock-restore 2',
    );
  });
});
