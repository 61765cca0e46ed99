import { LibxlError } from '../errors.js';
import {
  type MigrateToTargetEvent,
  type MigrateToTargetOptions,
  type MigrateToTargetReport,
  migrateToTarget,
} from '../target/migrate-to-target.js';
import type { Reach } from '../target/reach.js';
import { type EvacuateEvent, evacuate, type MoveOutcome } from './evacuate.js';
import type { EvacuationPlan, PlannedMove } from './plan.js';

export interface EvacuateToTargetsOptions
  extends Omit<MigrateToTargetOptions, 'domid' | 'config' | 'reach' | 'onEvent' | 'onText'> {
  /** Made by prepareEvacuation. */
  readonly plan: EvacuationPlan;
  /** By the names that the plan has. */
  readonly targets: ReadonlyMap<string, Reach>;
  /** Migrations at once; default 2. */
  readonly parallel?: number;
  readonly onEvent?: (event: EvacuateToTargetsEvent) => void;
  /** What the transport and the target of one migration say; default: it goes to this process's standard error. */
  readonly onText?: (move: PlannedMove, text: string) => void;
}

export type EvacuateToTargetsEvent =
  | EvacuateEvent
  /** What happens to a migration that is under way. */
  | { readonly kind: 'move'; readonly move: PlannedMove; readonly event: MigrateToTargetEvent };

/**
 * Carries out the plan of an evacuation, as `xl evacuate` does: each domain by migrateToTarget, so many at once. One that
 * fails stops none of the others; those that are under way when the signal comes run on here, and no other begins.
 */
export function evacuateToTargets(options: EvacuateToTargetsOptions): Promise<MoveOutcome[]> {
  const { plan, targets, parallel, onEvent, onText, ...settings } = options;
  const migrate = async (move: PlannedMove): Promise<MigrateToTargetReport> => {
    const reach = targets.get(move.target);
    if (reach === undefined) throw new LibxlError('ERROR_INVAL', `${move.target} is no host of this evacuation`);
    return migrateToTarget({
      ...settings,
      domid: move.domid,
      reach,
      ...(onEvent === undefined ? {} : { onEvent: (event) => onEvent({ kind: 'move', move, event }) }),
      ...(onText === undefined ? {} : { onText: (text) => onText(move, text) }),
    });
  };
  return evacuate({
    plan,
    migrate,
    ...(parallel === undefined ? {} : { parallel }),
    ...(settings.signal === undefined ? {} : { signal: settings.signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
  });
}
