import {
  type LibxlError,
  type MigrateToTargetReport,
  MigrationError,
  type TransportOutcome,
} from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { durationText, sizeText } from '../format/size.js';
import { styles } from '../format/style.js';

/** What a migration was, for a report. */
export interface Migration {
  readonly domain: string;
  readonly domid: number;
  readonly target: string;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Version of the reports' format; it grows with every change that is no mere addition. */
const REPORT_VERSION = 1;

export function successReport(migration: Migration, report: MigrateToTargetReport): Record<string, unknown> {
  const { domid: _same, link, ...rest } = report;
  return {
    report: REPORT_VERSION,
    ...migration,
    outcome: 'migrated',
    runsAt: 'target',
    ...rest,
    ...(link === undefined ? {} : { link }),
  };
}

/** Of a failure before anything was begun, too: the domain runs on. */
export function failureReport(migration: Migration, error: LibxlError): Record<string, unknown> {
  const { source, at, targetStatus } =
    error instanceof MigrationError ? error : ({ source: 'runs', at: 'connected' } as const);
  const runsAt = { runs: 'source', suspended: 'unknown', stuck: 'nowhere' }[source];
  return {
    report: REPORT_VERSION,
    ...migration,
    outcome: error.code === 'ERROR_ABORTED' ? 'cancelled' : 'failed',
    runsAt,
    source,
    at,
    error: error.message,
    code: error.code,
    ...(targetStatus === undefined ? {} : { targetStatus }),
    problems: error.details.cleanup ?? [],
  };
}

/** What it took, and what runs where. */
export function summary(
  context: Context,
  { domain, target }: Migration,
  { transfer, totalMs, downtimeMs, link }: MigrateToTargetReport,
): string {
  const { bold, green } = styles(context);
  const rate = sizeText(transfer.bytesWritten / Math.max(1e-3, totalMs / 1000));
  const wire = link === undefined ? '' : ` (${sizeText(link.wireBytes)} over the link)`;
  const passes = transfer.passes.map(({ pages }) => pages).join(' + ');
  return (
    `${green('moved')}: ${bold(domain)} runs at ${bold(target)}, and no longer here\n` +
    `  ${durationText(totalMs)} in all, ${bold(durationText(downtimeMs))} of downtime\n` +
    `  ${sizeText(transfer.bytesWritten)}${wire} at ${rate}/s, ${transfer.iterations} passes: ${passes} pages\n`
  );
}

/** How it ended, and what runs where. */
export function failureText(context: Context, { domain }: Migration, error: MigrationError): string {
  const { red } = styles(context);
  const cleanup = (error.details.cleanup ?? []).map((problem) => `xl: not done: ${problem}\n`).join('');
  if (error.source === 'suspended') {
    return (
      `xl: ${error.message}\n` +
      `${red('** Migration failed during final handshake **')}\n` +
      'Domain state is now undefined !\n' +
      'The target was given permission to start the domain, and did not say whether it did. The domain here is\n' +
      `suspended and called ${domain}--migratedaway. Look at the target first: if it does not run there, resume it here;\n` +
      'if it does, destroy the one here. Two of it running would write to the same disks.\n'
    );
  }
  const where =
    error.source === 'runs'
      ? `xl: ${domain} runs on here.\n`
      : `${red('xl:')} ${domain} is still here, and may not be running: look at it with 'xl list'.\n`;
  if (error.targetStatus !== undefined) {
    return `${cleanup}xl: ${error.message}\n${where}Migration failed due to problems at target.\n`;
  }
  const timedOut = error.code === 'ERROR_GUEST_TIMEDOUT';
  const last = timedOut ? 'failed to suspend at sender' : 'resuming at sender';
  return `${cleanup}${where}Migration failed, ${last}.\n`;
}

/** How a transport's process ended, in stock's words; empty where it ended well. */
export function transportText(pid: number | undefined, end: TransportOutcome): string {
  switch (end.kind) {
    case 'not-started':
      return `xl: the transport can't be run: ${end.error.message}\n`;
    case 'signal':
      return `migration transport process [${pid}] died due to fatal signal ${end.signal}\n`;
    case 'exit':
      return end.status === 0 ? '' : `migration transport process [${pid}] exited with error status ${end.status}\n`;
    case 'late':
      return `migration child [${pid}] not exiting, no longer waiting (exit status will be unreported)\n`;
  }
}
