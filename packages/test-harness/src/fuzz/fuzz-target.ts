import { type Input, inputOf } from './inputs.js';
import { minimise } from './minimise.js';
import { type Result, runInput } from './run-input.js';
import { count, emptyTally, type Tally } from './tally.js';
import { labelOf, type OpenTarget, type Outcome } from './target.js';

export interface FuzzOptions {
  readonly target: OpenTarget;
  readonly name: string;
  readonly seed: number;
  /** Number of the first input. */
  readonly first: number;
  /** So many inputs, or as long as it is not `over`. */
  readonly runs?: number;
  readonly over?: () => boolean;
  /** Failures beyond which a target is given up. */
  readonly maxFailures?: number;
  readonly onBegin?: (number: number) => void;
  readonly onEnd?: (number: number, input: Input, outcome: Outcome, tally: Tally) => Promise<void> | undefined;
  readonly onFailure?: (failure: Failure) => void;
}

export interface Failure {
  readonly number: number;
  readonly why: string;
  /** Made smaller as far as it fails in the same way. */
  readonly bytes: Uint8Array;
}

const MAX_FAILURES = 5;

/** Tries one input after the other. */
export async function fuzzTarget(options: FuzzOptions): Promise<Tally> {
  const { target, name, seed, first, runs = Number.POSITIVE_INFINITY, over = () => false } = options;
  const tally = emptyTally();
  const began = performance.now();
  for (let number = first; number - first < runs && !over(); number++) {
    options.onBegin?.(number);
    const input = await inputOf(target, name, seed, number);
    const result = await runInput(target, input);
    tally.inputs++;
    tally.seconds = (performance.now() - began) / 1000;
    if ('outcome' in result) {
      count(tally, result.outcome);
      const done = options.onEnd?.(number, input, result.outcome, tally);
      if (done !== undefined) await done;
      continue;
    }
    tally.failures++;
    const bytes = await smallest(target, input, result.failed);
    options.onFailure?.({ number, why: result.failed, bytes });
    if (tally.failures >= (options.maxFailures ?? MAX_FAILURES)) break;
  }
  return tally;
}

/** For an input that is kept because it is a new one: small is enough. */
const KEPT_MS = 1500;

/** A smaller input with the same outcome. */
export function smallerWith(target: OpenTarget, bytes: Uint8Array, outcome: Outcome): Promise<Uint8Array> {
  const isSame = async (shorter: Uint8Array) => {
    const result = await runInput(target, { bytes: shorter, valid: false });
    return 'outcome' in result && labelOf(result.outcome) === labelOf(outcome);
  };
  return minimise(bytes, isSame, KEPT_MS);
}

async function smallest(target: OpenTarget, { bytes, valid }: Input, why: string): Promise<Uint8Array> {
  // What must be accepted is no longer that without a part of it; what hangs takes too long.
  if (valid || why.startsWith('it hangs')) return bytes;
  return minimise(bytes, async (shorter) => failsAlike(await runInput(target, { bytes: shorter, valid: false }), why));
}

function failsAlike(result: Result, why: string): boolean {
  return 'failed' in result && kindOf(result.failed) === kindOf(why);
}

/** Numbers and names differ between two inputs with the same fault: the first words, and where it was thrown. */
function kindOf(why: string): string {
  const [first = '', second = ''] = why.split('\n');
  return `${first.slice(0, 24).replace(/\d+/g, 'N')} ${second.trim()}`;
}
