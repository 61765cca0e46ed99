import type { OptionSpecs, OptionValues } from '../command.js';
import { wholeNumber } from '../values.js';

/** The options that say when the guest is suspended. */
export const CONVERGENCE_OPTIONS = {
  downtime: {
    long: 'downtime',
    value: '<ms>',
    about: 'Send passes until the rest takes no longer than <ms>, 30 of them at most; without it, five as stock.',
  },
  autoConverge: {
    long: 'auto-converge',
    about: 'Slow the domain down, more and more, when it writes faster than it can be sent.',
  },
} as const satisfies OptionSpecs;

const MAX_DOWNTIME_MS = 3_600_000;

/** What migrateToTarget() is told of it. @throws ExitError for values that are none */
export function convergenceOf({ downtime, autoConverge }: OptionValues<typeof CONVERGENCE_OPTIONS>): {
  downtimeMs?: number;
  autoConverge?: object;
} {
  const downtimeMs = downtime === undefined ? undefined : wholeNumber('downtime', downtime, 1, MAX_DOWNTIME_MS);
  return {
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(autoConverge ? { autoConverge: {} } : {}),
  };
}
