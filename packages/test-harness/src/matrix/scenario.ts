import type { Column, OperationName } from './axes.js';
import type { Cell } from './cell.js';

/** A row of the matrix: an operation in one of its variants, for the guests that it is for. */
export interface Scenario {
  readonly operation: OperationName;
  /** In a few words: what is done, or what goes wrong. */
  readonly variant: string;
  /** Default: every guest. */
  readonly suits?: (column: Column) => boolean;
  /** Why it can't be run on this machine; undefined where it can. */
  readonly lacks?: () => string | undefined;
  /** Part of the quick choice: the operation as it should be, and a failure in its middle. */
  readonly quick?: boolean;
  /** @throws Error that says what did not hold */
  run(cell: Cell): Promise<void>;
}

/** Those of one operation. */
export function scenariosOf(
  operation: OperationName,
  rows: readonly Omit<Scenario, 'operation'>[],
): readonly Scenario[] {
  return rows.map((row) => ({ operation, ...row }));
}

export const hasDeviceModel = ({ deviceModel }: Column): boolean => deviceModel !== undefined && deviceModel !== 'none';
