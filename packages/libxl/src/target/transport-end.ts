import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningTransport, TransportEnd } from '../migrate/transport.js';

/** How a transport ended after a migration; `late`: it did not end in time, and is not waited for any longer. */
export type TransportOutcome = TransportEnd | { readonly kind: 'late' };

const EXIT_WAIT_MS = 2_000;

/**
 * Waits shortly for a transport's process to end. After a failure one that does not is ended: nothing more goes through
 * it.
 */
export async function transportOutcome({ ended, kill }: RunningTransport, failed: boolean): Promise<TransportOutcome> {
  const late = new AbortController();
  try {
    const end = await Promise.race([ended, sleep(EXIT_WAIT_MS, undefined, { signal: late.signal })]);
    if (end !== undefined) return end;
    if (failed) kill();
    return { kind: 'late' };
  } finally {
    late.abort();
  }
}
