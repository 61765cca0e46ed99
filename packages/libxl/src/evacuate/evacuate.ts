import { textOf } from '../errors.js';
import type { MigrateReport } from '../migrate/send.js';
import type { EvacuationPlan, PlannedMove } from './plan.js';

export interface EvacuateOptions {
  readonly plan: EvacuationPlan;
  /** Migrations at once; default 2. */
  readonly parallel?: number;
  /** Migrates one domain (migrateDomain). */
  readonly migrate: (move: PlannedMove) => Promise<MigrateReport>;
  /** No further migration begins once it is aborted; `migrate` sees to those that are under way. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EvacuateEvent) => void;
}

export type EvacuateEvent =
  | { readonly kind: 'begins'; readonly move: PlannedMove }
  | { readonly kind: 'ends'; readonly outcome: MoveOutcome };

export type MoveOutcome =
  | { readonly kind: 'migrated'; readonly move: PlannedMove; readonly report: MigrateReport }
  | { readonly kind: 'failed'; readonly move: PlannedMove; readonly error: unknown; readonly why: string }
  /** It was not begun. */
  | { readonly kind: 'not-begun'; readonly move: PlannedMove };

const DEFAULT_PARALLEL = 2;

/**
 * Carries out a plan, in its order, so many migrations at once. One that fails stops none of the others. What is left is
 * still here: planned and carried out anew, an evacuation goes on where it ended.
 */
export async function evacuate(options: EvacuateOptions): Promise<MoveOutcome[]> {
  const { plan, parallel = DEFAULT_PARALLEL, signal, onEvent } = options;
  const waiting = [...plan.moves];
  const outcomes = new Map<PlannedMove, MoveOutcome>();
  const work = async () => {
    for (let move = waiting.shift(); move !== undefined && !signal?.aborted; move = waiting.shift()) {
      onEvent?.({ kind: 'begins', move });
      const outcome = await carryOut(options, move);
      outcomes.set(move, outcome);
      onEvent?.({ kind: 'ends', outcome });
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, plan.moves.length) }, work));
  return plan.moves.map((move) => outcomes.get(move) ?? { kind: 'not-begun', move });
}

async function carryOut({ migrate }: EvacuateOptions, move: PlannedMove): Promise<MoveOutcome> {
  try {
    return { kind: 'migrated', move, report: await migrate(move) };
  } catch (error) {
    return { kind: 'failed', move, error, why: textOf(error) };
  }
}
