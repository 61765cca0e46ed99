import { Worker } from 'node:worker_threads';
import { repositoryRoot } from '../repository.js';
import { HANGS_AFTER_MS } from './run-input.js';
import { addTally, emptyTally, type Tally } from './tally.js';
import type { WorkerOrder, WorkerReport } from './worker.js';

export interface WorkerEvents {
  onTally(tally: Tally): void;
  onFailure(failure: { readonly number: number; readonly why: string; readonly file: string }): void;
}

/** A parser that never gives the thread back is seen from outside only, later than one that waits for ever. */
const STUCK_AFTER_MS = 2 * HANGS_AFTER_MS;
const LOOK_MS = 1000;
/** Makes TypeScript known to the thread, and loads worker.ts. */
const ENTRY = `${repositoryRoot}scripts/fuzz-worker.mjs`;
const NOT_BEGUN = -1;

/**
 * Tries a target in threads of its own: what hangs or kills one is told, and the next one goes on behind it.
 *
 * @throws Error where the target can't be made ready
 */
export async function fuzzInWorkers(order: Omit<WorkerOrder, 'current'>, events: WorkerEvents): Promise<Tally> {
  const total = emptyTally();
  let { first, runs } = order;
  for (;;) {
    const { tally, stoppedAt } = await oneWorker({ ...order, first, runs }, events);
    addTally(total, tally);
    if (stoppedAt === undefined) return total;
    const tried = stoppedAt + 1 - first;
    total.inputs = Math.max(total.inputs, stoppedAt + 1 - order.first);
    total.failures++;
    first = stoppedAt + 1;
    if (runs !== undefined) runs -= tried;
    if (runs !== undefined && runs <= 0) return total;
  }
}

/** `stoppedAt`: the input that ended the thread. */
function oneWorker(
  order: Omit<WorkerOrder, 'current'>,
  events: WorkerEvents,
): Promise<{ tally: Tally; stoppedAt: number | undefined }> {
  const current = new SharedArrayBuffer(4);
  const number = new Int32Array(current);
  number[0] = NOT_BEGUN;
  const worker = new Worker(ENTRY, { workerData: { ...order, current } });
  let tally = emptyTally();
  let last = { number: -1, at: Date.now() };
  return new Promise((resolve, reject) => {
    const stopped = (why: string) => {
      clearInterval(timer);
      const stoppedAt = Atomics.load(number, 0);
      if (stoppedAt === NOT_BEGUN) {
        reject(new Error(`${order.target} can't be tried: ${why}`));
        return;
      }
      events.onFailure({ number: stoppedAt, why, file: '' });
      void worker.terminate().then(() => resolve({ tally, stoppedAt }));
    };
    const timer = setInterval(() => {
      const at = Atomics.load(number, 0);
      if (at !== last.number) last = { number: at, at: Date.now() };
      else if (Date.now() - last.at > STUCK_AFTER_MS) stopped('it hangs, and holds the thread');
    }, LOOK_MS);
    worker.on('message', (report: WorkerReport) => {
      if (report.kind === 'failure') events.onFailure(report);
      else tally = report.tally;
      if (report.kind === 'tally') events.onTally(report.tally);
      if (report.kind !== 'done') return;
      clearInterval(timer);
      void worker.terminate().then(() => resolve({ tally, stoppedAt: undefined }));
    });
    worker.once('error', (e) => stopped(`the thread died: ${e instanceof Error ? e.stack : String(e)}`));
  });
}
