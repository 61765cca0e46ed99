import type { ResourceSample } from './resources.js';

/** One operation, as it went. */
export interface OperationRecord {
  readonly number: number;
  /** Seconds since the soak began. */
  readonly at: number;
  readonly seconds: number;
  readonly guest: string;
  readonly kind: string;
  readonly operation: string;
  readonly fault: string;
  /** Where the guest was found afterwards: a host, 'file'; absent where the invariant did not hold. */
  readonly place?: string;
  readonly downtimeMs?: number;
  readonly decisions?: readonly string[];
}

/** Something that did not hold. */
export interface SoakFailure {
  readonly number: number;
  readonly guest: string;
  readonly operation: string;
  readonly fault: string;
  readonly why: string;
  /** Of the operation, the hosts' programs. */
  readonly log: string;
}

export interface SoakReport {
  readonly report: 1;
  readonly seed: number;
  /** Runs it again. */
  readonly command: string;
  /** ISO 8601. */
  readonly began: string;
  readonly seconds: number;
  /** For how long guests ran, added up. */
  readonly guestHours: number;
  readonly guests: readonly string[];
  readonly memoryMib: number;
  readonly operations: readonly OperationRecord[];
  readonly resources: readonly ResourceSample[];
  /** How often everything was counted with no domain left. */
  readonly inventories: number;
  readonly failures: readonly SoakFailure[];
}

const NONE = 'none';

/** The report as tables for a terminal. */
export function soakTables(report: SoakReport): string {
  const { operations, failures, guestHours, seconds, inventories } = report;
  const disturbed = operations.filter(({ fault }) => fault !== NONE);
  const decided = operations.filter(({ decisions = [] }) => decisions.length > 0);
  return [
    table(
      ['operation', 'times', 'disturbed', 'median s', 'longest s'],
      byName(operations, 'operation').map(([name, records]) => [
        name,
        String(records.length),
        String(records.filter(({ fault }) => fault !== NONE).length),
        ...spread(
          records.filter(({ fault }) => fault === NONE).map((record) => record.seconds),
          1,
        ),
      ]),
    ),
    table(
      ['fault', 'times', 'guest afterwards'],
      byName(disturbed, 'fault').map(([name, records]) => [
        name,
        String(records.length),
        byName(records, 'place')
          .map(([place, some]) => `${some.length} ${place === 'file' ? 'in its file' : place}`)
          .join(', '),
      ]),
    ),
    table(
      ['downtime of', 'times', 'median ms', 'longest ms'],
      byName(
        operations.filter(({ downtimeMs }) => downtimeMs !== undefined),
        'operation',
      ).map(([name, records]) => [
        name,
        String(records.length),
        ...spread(
          records.map(({ downtimeMs = 0 }) => downtimeMs),
          0,
        ),
      ]),
    ),
    resourceTable(report.resources),
    `${operations.length} operations, ${disturbed.length} of them disturbed, ${decided.length} decided by the administrator; ` +
      `${guestHours.toFixed(2)} guest-hours in ${(seconds / 60).toFixed(1)} minutes; counted ${inventories} times`,
    failures.length === 0 ? 'the invariant held throughout' : `${failures.length} FAILED`,
  ].join('\n\n');
}

function resourceTable(samples: readonly ResourceSample[]): string {
  const hosts = [...new Set(samples.map(({ host }) => host))];
  const columns = ['freePages', 'memoryMib', 'threads', 'descriptors'] as const;
  const rows = hosts.flatMap((host) => {
    const own = samples.filter((sample) => sample.host === host);
    const empty = own.filter((sample) => sample.empty);
    const [first, last] = [empty[0], empty.at(-1)];
    if (first === undefined || last === undefined) return [];
    const most = Math.max(...own.map(({ memoryMib }) => memoryMib));
    return [
      [`${host}, first`, ...columns.map((column) => String(first[column]))],
      [`${host}, last`, ...columns.map((column) => String(last[column]))],
      [`${host}, most`, '', String(most), '', ''],
    ];
  });
  return table(['empty host', 'free pages', 'daemon MiB', 'threads', 'descriptors'], rows);
}

/** The median and the longest. */
function spread(values: readonly number[], digits: number): [string, string] {
  const sorted = [...values].sort((a, b) => a - b);
  const [middle, last] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return [middle?.toFixed(digits) ?? '-', last?.toFixed(digits) ?? '-'];
}

function byName(
  records: readonly OperationRecord[],
  key: 'operation' | 'fault' | 'place',
): (readonly [string, OperationRecord[]])[] {
  const names = [...new Set(records.map((record) => record[key] ?? 'FAILED'))].sort();
  return names.map((name) => [name, records.filter((record) => (record[key] ?? 'FAILED') === name)]);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => (row[i] ?? '').length)));
  return [heads, ...rows]
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
