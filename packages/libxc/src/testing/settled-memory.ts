import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Bytes that are held, as `held` counts them, once all garbage is collected. Node's own switch, for a process that was started
 * without it.
 */
export async function settledMemory(held: () => number): Promise<number> {
  setFlagsFromString('--expose_gc');
  const gc: () => void = runInNewContext('gc');
  let least = held();
  for (let tries = 0; tries < 10; tries++) {
    gc();
    // Buffers are freed by another thread.
    await sleep(20);
    const now = held();
    if (now >= least) break;
    least = now;
  }
  return least;
}
