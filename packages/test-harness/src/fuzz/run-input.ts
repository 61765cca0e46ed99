import { setTimeout as sleep } from 'node:timers/promises';
import { settledMemory } from '../../../libxc/src/testing/settled-memory.js';
import type { Input } from './inputs.js';
import { labelOf, type OpenTarget, type Outcome } from './target.js';

/** Far more than the milliseconds that one takes: the machine may be busy. */
export const HANGS_AFTER_MS = 30_000;
/** What one input may make a parser hold: a record of 128 MiB, and the copy that makes it longer. */
const MEMORY_BOUND = 320 * 2 ** 20;

/** `failed`: what no parser may do, in words. */
export type Result = { readonly outcome: Outcome } | { readonly failed: string };

/** Tries one input, within bounds of time and memory. */
export async function runInput(target: OpenTarget, { bytes, valid }: Input): Promise<Result> {
  const result = await bounded(target, bytes);
  if ('failed' in result) return result;
  if (valid && result.outcome !== 'accepted') {
    return { failed: `what is as it should be was refused: ${labelOf(result.outcome)}` };
  }
  return result;
}

async function bounded(target: OpenTarget, bytes: Uint8Array): Promise<Result> {
  const before = memoryHeld();
  const result = await withinTime(target, bytes);
  if ('failed' in result || memoryHeld() - before <= MEMORY_BOUND) return result;
  // It may be the garbage of those before: once more, alone.
  const alone = await settledMemory(memoryHeld);
  await withinTime(target, bytes);
  const held = memoryHeld() - alone;
  return held <= MEMORY_BOUND ? result : { failed: `it took ${held >> 20} MiB of memory` };
}

async function withinTime(target: OpenTarget, bytes: Uint8Array): Promise<Result> {
  const over = new AbortController();
  const late = sleep(HANGS_AFTER_MS, undefined, { signal: over.signal }).then(
    () => ({ failed: `it hangs: no end after ${HANGS_AFTER_MS / 1000} s` }),
    () => ({ failed: 'stopped' }),
  );
  try {
    return await Promise.race([outcomeOf(target, bytes), late]);
  } finally {
    over.abort();
  }
}

async function outcomeOf(target: OpenTarget, bytes: Uint8Array): Promise<Result> {
  try {
    return { outcome: await target.run(bytes) };
  } catch (e) {
    return { failed: e instanceof Error ? (e.stack ?? `${e.name}: ${e.message}`) : String(e) };
  }
}

function memoryHeld(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
