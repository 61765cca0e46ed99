import { COLUMNS, type Column, type OperationName } from './axes.js';
import type { Scenario } from './scenario.js';
import { ALL_SCENARIOS } from './scenarios/index.js';

/** What is wanted of the matrix; what is absent is not limited. */
export interface Choice {
  readonly columns?: (column: Column) => boolean;
  readonly operations?: readonly OperationName[];
  /** A part of what the variant is called. */
  readonly variant?: string;
  /** The operation as it should be and one failure of it, for each. */
  readonly quick?: boolean;
}

export interface PlannedCell {
  readonly scenario: Scenario;
  readonly column: Column;
}

/** The cells that any of the choices wants, row by row. */
export function planCells(choices: readonly Choice[]): PlannedCell[] {
  return ALL_SCENARIOS.flatMap((scenario) =>
    COLUMNS.filter(scenario.suits ?? (() => true))
      .map((column) => ({ scenario, column }))
      .filter((cell) => choices.some((choice) => wants(choice, cell))),
  );
}

function wants({ columns, operations, variant, quick }: Choice, { scenario, column }: PlannedCell): boolean {
  if (columns !== undefined && !columns(column)) return false;
  if (operations !== undefined && !operations.includes(scenario.operation)) return false;
  if (variant !== undefined && !scenario.variant.includes(variant)) return false;
  return quick !== true || scenario.quick === true;
}
