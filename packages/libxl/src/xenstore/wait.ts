import type { XenstoreClient } from '@xen-migration/libxc/xenstore';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Done once the watch is set, before the first check: what is waited for. */
  readonly begin?: () => Promise<void>;
}

/**
 * Asks `check` and asks again whenever the watch fires, until it answers something or the time is over.
 *
 * @returns what `check` answered; undefined when the time is over
 * @throws the signal's reason
 */
export async function watchUntil<T>(
  xenstore: XenstoreClient,
  path: string,
  check: () => Promise<T | undefined>,
  { timeoutMs, signal, begin }: WaitOptions,
): Promise<T | undefined> {
  signal?.throwIfAborted();
  let wake: () => void = () => {};
  let fired = false;
  const fire = () => {
    fired = true;
    wake();
  };
  let over = false;
  const timer = setTimeout(() => {
    over = true;
    fire();
  }, timeoutMs);
  signal?.addEventListener('abort', fire);
  const watch = await xenstore.watch(path, fire);
  try {
    await begin?.();
    for (;;) {
      fired = false;
      const found = await check();
      if (found !== undefined || over) return found;
      signal?.throwIfAborted();
      if (!fired) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', fire);
    await watch.close();
  }
}
