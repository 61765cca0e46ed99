/** @returns what the action failed with, undefined when it did not */
export async function attempt(action: () => Promise<void>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (e) {
    return e ?? new Error('unknown failure');
  }
}

/** Runs every step, the last one first, and answers what failed. */
export async function undoAll(steps: readonly (() => Promise<void>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const step of [...steps].reverse()) {
    const failure = await attempt(step);
    if (failure !== undefined) failures.push(failure);
  }
  return failures;
}
