import type { Hypervisor } from '../hypervisor/hypervisor.js';

/** What a save or a restore asks of a hypervisor, for tests that look at it or break it. */
export interface CallWatch {
  /** Before the call; may throw instead of it. */
  before?(operation: keyof Hypervisor, count: number, args: readonly unknown[]): void;
  /** May change the answer. */
  after?(operation: keyof Hypervisor, answer: unknown): unknown;
}

/** The same hypervisor, with every call seen (and perhaps spoilt) on its way. `count` runs from 0 over all calls. */
export function watched(hypervisor: Hypervisor, watch: CallWatch): Hypervisor {
  let count = 0;
  return new Proxy(hypervisor, {
    get(target, name) {
      const operation = name as keyof Hypervisor;
      const method = target[operation] as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        watch.before?.(operation, count++, args);
        const answer = await method.apply(target, args);
        return watch.after === undefined ? answer : watch.after(operation, answer);
      };
    },
  });
}
