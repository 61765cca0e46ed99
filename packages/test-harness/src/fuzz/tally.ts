import { labelOf, type Outcome } from './target.js';

/** What came of the inputs of a target. */
export interface Tally {
  inputs: number;
  accepted: number;
  /** By the error's code. */
  readonly refused: Record<string, number>;
  failures: number;
  seconds: number;
}

export function emptyTally(): Tally {
  return { inputs: 0, accepted: 0, refused: {}, failures: 0, seconds: 0 };
}

export function count(tally: Tally, outcome: Outcome): void {
  if (outcome === 'accepted') {
    tally.accepted++;
    return;
  }
  const label = labelOf(outcome);
  tally.refused[label] = (tally.refused[label] ?? 0) + 1;
}

export function addTally(to: Tally, more: Tally): void {
  to.inputs += more.inputs;
  to.accepted += more.accepted;
  to.failures += more.failures;
  to.seconds += more.seconds;
  for (const [code, times] of Object.entries(more.refused)) to.refused[code] = (to.refused[code] ?? 0) + times;
}
