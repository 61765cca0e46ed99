import { parentPort, workerData } from 'node:worker_threads';
import { fileLabel, keepFailure, keepInput, keptInputs } from './corpus.js';
import { fuzzTarget, smallerWith } from './fuzz-target.js';
import type { Input } from './inputs.js';
import type { Tally } from './tally.js';
import type { OpenTarget, Outcome } from './target.js';
import { targetOf } from './targets/index.js';

/** What a worker does: inputs of one target, from one number on. */
export interface WorkerOrder {
  readonly target: string;
  readonly seed: number;
  readonly first: number;
  readonly runs: number | undefined;
  /** Date.now() at which it ends. */
  readonly until: number | undefined;
  readonly corpus: string;
  readonly keep: boolean;
  /** The number of the input that is being tried: seen from outside, also of one that never ends. */
  readonly current: SharedArrayBuffer;
}

export type WorkerReport =
  | { readonly kind: 'tally'; readonly tally: Tally }
  | { readonly kind: 'failure'; readonly number: number; readonly why: string; readonly file: string }
  | { readonly kind: 'done'; readonly tally: Tally };

const TELL_MS = 1000;

async function main(order: WorkerOrder): Promise<void> {
  const { target: name, seed, first, until, corpus } = order;
  const current = new Int32Array(order.current);
  let number = first;
  let told = Date.now();
  // Whatever nobody waits for belongs to the input that is being tried.
  const stray = (e: unknown) => {
    tell({ kind: 'failure', number, why: `nobody caught: ${e instanceof Error ? e.stack : String(e)}`, file: '' });
  };
  process.on('uncaughtException', stray);
  process.on('unhandledRejection', stray);
  const target = await targetOf(name).open();
  const keeper = order.keep ? new Keeper(target, corpus, name) : undefined;
  try {
    const tally = await fuzzTarget({
      target,
      name,
      seed,
      first,
      ...(order.runs === undefined ? {} : { runs: order.runs }),
      over: () => until !== undefined && Date.now() >= until,
      onBegin(begun) {
        number = begun;
        Atomics.store(current, 0, begun);
      },
      onEnd(_number, input, outcome, soFar) {
        if (Date.now() - told > TELL_MS) {
          told = Date.now();
          tell({ kind: 'tally', tally: soFar });
        }
        return keeper?.look(input, outcome);
      },
      onFailure: ({ number: failed, why, bytes }) =>
        tell({ kind: 'failure', number: failed, why, file: keepFailure(corpus, name, bytes) }),
    });
    tell({ kind: 'done', tally });
  } finally {
    await target.close();
  }
}

function tell(report: WorkerReport): void {
  parentPort?.postMessage(report);
}

/** Keeps an input of each outcome that is new. */
class Keeper {
  private readonly seen: Set<string>;

  constructor(
    private readonly target: OpenTarget,
    private readonly corpus: string,
    private readonly name: string,
  ) {
    this.seen = new Set(keptInputs(corpus, name).map(({ outcome }) => outcome ?? ''));
  }

  look({ bytes }: Input, outcome: Outcome): Promise<void> | undefined {
    const label = fileLabel(outcome);
    if (this.seen.has(label)) return undefined;
    this.seen.add(label);
    return this.keep(bytes, outcome);
  }

  private async keep(bytes: Uint8Array, outcome: Outcome): Promise<void> {
    // One that is accepted would be made an empty one.
    const kept = outcome === 'accepted' ? bytes : await smallerWith(this.target, bytes, outcome);
    keepInput(this.corpus, this.name, outcome, kept);
  }
}

await main(workerData as WorkerOrder);
