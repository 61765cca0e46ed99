import { type EvacuationPlan, MigrationError, type MoveOutcome } from '@xen-migration/libxl';

/** Version of the report's format; it grows with every change that is no mere addition. */
const REPORT_VERSION = 1;

export function planText({ moves, left, targets }: EvacuationPlan, parallel: number): string {
  const width = Math.max(0, ...[...moves, ...left].map(({ name }) => name.length));
  const lines = [
    `plan: ${count(moves.length, 'domain')} to ${count(targets.length, 'host')}, ${parallel} at a time`,
    ...moves.map(
      ({ name, memoryKib, target }, i) =>
        `${String(i + 1).padStart(3)}  ${name.padEnd(width)}  ${mib(memoryKib).padStart(6)} MiB  -> ${target}`,
    ),
    ...left.flatMap(({ name, reasons }) => [
      `  -  ${name.padEnd(width)}  stays here:`,
      ...reasons.flatMap(({ target, why }) => why.map((text) => `       ${target}: ${text}`)),
    ]),
    ...targets.map(({ name, freeKib, afterKib }) =>
      freeKib === undefined || afterKib === undefined
        ? `host ${name}: its free memory is not known`
        : `host ${name}: ${mib(freeKib)} MiB free, ${mib(afterKib)} MiB afterwards`,
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export function endText({ left }: EvacuationPlan, outcomes: readonly MoveOutcome[]): string {
  const moved = outcomes.filter(({ kind }) => kind === 'migrated').length;
  const failed = outcomes.filter(({ kind }) => kind === 'failed').length;
  const waiting = outcomes.filter(({ kind }) => kind === 'not-begun').length;
  const parts = [
    `${count(moved, 'domain')} moved`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(waiting > 0 ? [`${waiting} not begun`] : []),
    ...(left.length > 0 ? [`${left.length} can't go anywhere`] : []),
  ];
  return `${parts.join(', ')}.\n`;
}

export function evacuationReport(
  plan: EvacuationPlan,
  outcomes: readonly MoveOutcome[],
  times: { readonly startedAt: string; readonly totalMs: number },
) {
  return {
    report: REPORT_VERSION,
    ...times,
    complete: plan.left.length === 0 && outcomes.every(({ kind }) => kind === 'migrated'),
    domains: outcomes.map((outcome) => ({ ...outcome.move, outcome: outcome.kind, ...detailsOf(outcome) })),
    left: plan.left,
    targets: plan.targets,
  };
}

function detailsOf(outcome: MoveOutcome): Record<string, unknown> {
  if (outcome.kind === 'migrated') return { report: outcome.report };
  if (outcome.kind === 'not-begun') return {};
  const { error, why } = outcome;
  return { error: why, ...(error instanceof MigrationError ? { code: error.code, source: error.source } : {}) };
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
const mib = (kib: number) => String(Math.floor(kib / 1024));
