import { type Errno, type Hypervisor, isHypervisorError } from '@xen-migration/libxc';

/** A hypervisor under examination. */
export interface Examined {
  readonly hypervisor: Hypervisor;
}

/** One thing that every implementation of the hypervisor interface must do. */
export interface ComplianceCheck {
  /** The operations, then what holds of them. */
  readonly name: string;
  /** @throws Error that says what does not hold */
  run(examined: Examined): Promise<void>;
}

export type CheckResult = { readonly name: string } & (
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'failed'; readonly why: string }
);

/** Runs checks one after the other, whatever becomes of each. */
export async function runChecks(checks: readonly ComplianceCheck[], examined: Examined): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, run } of checks) {
    try {
      await run(examined);
      results.push({ name, outcome: 'ok' });
    } catch (e) {
      results.push({ name, outcome: 'failed', why: e instanceof Error ? e.message : String(e) });
    }
  }
  return results;
}

/** @throws Error unless the operation is refused with one of these codes */
export async function refused(what: string, operation: Promise<unknown>, ...codes: Errno[]): Promise<void> {
  let answer: unknown;
  try {
    answer = await operation;
  } catch (e) {
    if (isHypervisorError(e, ...codes)) return;
    throw new Error(`${what}: refused with '${e instanceof Error ? e.message : e}', not with ${codes.join(' or ')}`);
  }
  throw new Error(`${what}: not refused, but answered ${String(answer)}`);
}

export function holds(what: string, condition: boolean): void {
  if (!condition) throw new Error(`${what}: does not hold`);
}

export function equal<T>(what: string, actual: T, expected: T): void {
  if (!Object.is(actual, expected)) throw new Error(`${what}: ${String(actual)}, not ${String(expected)}`);
}

export function equalBytes(what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) throw new Error(`${what}: the bytes differ`);
}
