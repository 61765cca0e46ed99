import type { Host } from '../host/open-host.js';
import { RELEASE_DOMAIN } from '../xenstore/paths.js';
import { watchUntil } from '../xenstore/wait.js';
import { domainInfoIfThere, domainSummary, type ShutdownName } from './list.js';

/** How long a timer can be (2^31 ms, some 24 days); the wait goes on after it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits until a domain has shut down, or is gone.
 *
 * @throws the signal's reason
 */
export async function waitForDeath(
  host: Host,
  domid: number,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ShutdownName | 'gone'> {
  const check = async (): Promise<ShutdownName | 'gone' | undefined> => {
    const info = await domainInfoIfThere(host, domid);
    if (info === undefined || info.dying) return 'gone';
    return info.shutdown ? (await domainSummary(host, domid)).shutdownReason : undefined;
  };
  for (;;) {
    const death = await watchUntil(host.xenstore, RELEASE_DOMAIN, check, { timeoutMs: LONGEST_TIMER_MS, ...options });
    if (death !== undefined) return death;
  }
}
