import { concatBytes } from '@xen-migration/stream-format';

/** Tries at most, and for so long: what is left then is small enough to be looked at. */
const MOST_TRIES = 3000;
const MOST_MS = 30_000;

/** The input without the pieces that it needs not in order to stay interesting. */
export async function minimise(
  input: Uint8Array,
  isInteresting: (bytes: Uint8Array) => Promise<boolean>,
  mostMs = MOST_MS,
): Promise<Uint8Array> {
  const end = performance.now() + mostMs;
  let best = input;
  let tries = 0;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (tries++ >= MOST_TRIES || performance.now() > end) return best;
      const shorter = concatBytes([best.subarray(0, at), best.subarray(at + size)]);
      if (await isInteresting(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}
