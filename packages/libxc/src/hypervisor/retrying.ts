import { setTimeout as sleep } from 'node:timers/promises';
import { isHypervisorError } from './errors.js';
import type { Hypervisor } from './hypervisor.js';

/** With a pause that grows to 20 ms: some two seconds, in which whatever was in the way is over or will not end. */
const ATTEMPTS = 120;
const LONGEST_PAUSE_MS = 20;
/** The first ones come without a pause: a signal came in, a lock was taken for a moment. */
const AT_ONCE = 4;

/** Not asked again: one waits for something that may never come, the other ends the connection. */
const NEVER: ReadonlySet<string> = new Set(['openEventChannels', 'close']);

const PATIENT = new WeakSet<Hypervisor>();

/**
 * The same hypervisor; what it could not do at the moment (EAGAIN, EINTR: nothing was done) is asked again. Real hosts
 * answer so when a signal comes in, a page is being shared or paged, or another operation on the domain is under way.
 */
export function retrying(hypervisor: Hypervisor): Hypervisor {
  // Who asks again already is not asked again by a second one: its patience would be multiplied.
  if (PATIENT.has(hypervisor)) return hypervisor;
  const patient = new Proxy(hypervisor, {
    get(target, name: string) {
      const method = target[name as keyof Hypervisor] as (...args: unknown[]) => Promise<unknown>;
      if (typeof method !== 'function' || NEVER.has(name)) return method;
      return (...args: unknown[]) => retry(() => method.apply(target, args));
    },
  });
  PATIENT.add(patient);
  return patient;
}

async function retry<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await action();
    } catch (e) {
      if (attempt >= ATTEMPTS || !isHypervisorError(e, 'EAGAIN', 'EINTR')) throw e;
      if (attempt > AT_ONCE) await sleep(Math.min(attempt - AT_ONCE, LONGEST_PAUSE_MS));
    }
  }
}
