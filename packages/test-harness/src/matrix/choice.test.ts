import { describe, expect, it } from 'vitest';
import { COLUMNS, OPERATIONS } from './axes.js';
import { neededFor } from './changes.js';
import { commandFor, matrixOptions, UsageError } from './command-line.js';
import { type PlannedCell, planCells } from './plan.js';
import { ALL_SCENARIOS } from './scenarios/index.js';

const columnsIn = (cells: readonly PlannedCell[]) =>
  [...new Set(cells.map(({ column }) => [column.guest, column.deviceModel].filter(Boolean).join(' ')))].sort();
const operationsIn = (cells: readonly PlannedCell[]) => new Set(cells.map(({ scenario }) => scenario.operation));
const plannedFor = (...files: string[]) => planCells(neededFor(files).map(({ choice }) => choice));

describe('the matrix', () => {
  it('has every operation for every column that suits it, with variants that fail', () => {
    const cells = planCells([{}]);
    expect(columnsIn(cells)).toHaveLength(COLUMNS.length);
    for (const operation of OPERATIONS) {
      expect(ALL_SCENARIOS.filter((scenario) => scenario.operation === operation).length).toBeGreaterThan(3);
    }
    expect(new Set(ALL_SCENARIOS.map(({ operation, variant }) => `${operation}: ${variant}`)).size).toBe(
      ALL_SCENARIOS.length,
    );
  });

  it('in its quick form has each operation', () => {
    const cells = planCells([{ quick: true, columns: ({ guest }) => guest === 'pv64' }]);
    expect([...operationsIn(cells)].sort()).toEqual([...OPERATIONS].filter((it) => it !== 'verify').sort());
  });
});

describe('what a change needs', () => {
  it.each([
    ['libxc', ['hvm qemu-upstream', 'pv32', 'pv64', 'pvh']],
    ['libxl', ['hvm qemu-traditional', 'hvm qemu-upstream']],
    ['xl-cli', ['pv64']],
  ])('of %s', (name, columns) => {
    expect(columnsIn(plannedFor(`packages/${name}/src/a.ts`))).toEqual(columns);
  });

  it('of convert-legacy is every upgrade, and nothing else', () => {
    const cells = plannedFor('packages/convert-legacy/src/a.ts');
    expect([...operationsIn(cells)]).toEqual(['upgrade']);
    expect(cells).toHaveLength(planCells([{ operations: ['upgrade'] }]).length);
  });

  it('of stream-format, or of how all is built, is everything', () => {
    for (const file of ['packages/stream-format/src/a.ts', 'pnpm-lock.yaml']) {
      expect(plannedFor(file)).toHaveLength(planCells([{}]).length);
    }
  });

  it('of several packages is the sum', () => {
    const cells = plannedFor('packages/libxl/src/a.ts', 'packages/xl-cli/src/b.ts');
    expect(columnsIn(cells)).toEqual(['hvm qemu-traditional', 'hvm qemu-upstream', 'pv64']);
  });

  it('of texts and tests is nothing', () => {
    expect(neededFor(['README.md', 'packages/libxc/docs/a.svg', 'packages/libxc/src/a.test.ts'])).toEqual([]);
  });
});

describe('the command line', () => {
  it.each([
    [['--guest', 'pv16'], /--guest takes pv32, pv64, pvh, hvm, not 'pv16'/],
    [['--op', 'fly'], /--op takes save, .* not 'fly'/],
    [['--seed', 'x'], /--seed takes a number/],
    [['--nonsense'], /--nonsense/],
  ])('%s is refused', (args, message) => {
    expect(() => matrixOptions(args)).toThrow(message);
    expect(() => matrixOptions(args)).toThrow(UsageError);
  });

  it('a device model alone means HVM guests; with guests, those of them that have one', () => {
    const planned = (...args: string[]) => columnsIn(planCells([matrixOptions(args).choice]));
    expect(planned('--device-model', 'qemu-upstream')).toEqual(['hvm qemu-upstream']);
    expect(planned('--guest', 'pvh,hvm', '--device-model', 'none')).toEqual(['hvm none', 'pvh']);
  });

  it('that repeats a cell chooses that cell alone, with its seed', () => {
    const options = matrixOptions(['--seed', '42']);
    for (const cell of planCells([{}])) {
      const words = [...commandFor(cell, options).matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, word]) => quoted ?? word ?? '',
      );
      const again = matrixOptions(words.slice(1));
      expect(again.seed).toBe(42);
      const chosen = planCells([again.choice]);
      expect(chosen).toContainEqual(cell);
      // A name may be the beginning of another's.
      for (const other of chosen) expect(other.scenario.variant).toContain(cell.scenario.variant);
    }
  });
});
