import { downtimePolicy } from '@xen-migration/libxc';
import { requireMovable } from '../domain/movable.js';
import type { LinkEvent } from '../link/plan.js';
import { type MigrateEvent, type MigrateOptions, type MigrateReport, migrateDomain } from '../migrate/send.js';
import { type RunningTransport, startTransport } from '../migrate/transport.js';
import { type ChosenTransport, chooseTransport, LINK_PATIENCE_MS, type LinkWish } from './choose-transport.js';
import type { Reach } from './reach.js';
import type { ReceiverRequest } from './receiver.js';
import { type TransportOutcome, transportOutcome } from './transport-end.js';

export interface MigrateToTargetOptions extends Omit<MigrateOptions, 'connection' | 'onEvent'> {
  /** How the target is reached (reachTarget). */
  readonly reach: Reach;
  /** What its receiver is asked; default: to start the domain and to watch over it. */
  readonly receiver?: ReceiverRequest;
  /** Where several connections, compression or the taking up of a broken one are wanted; default: one plain connection. */
  readonly link?: LinkWish;
  /** Send passes until the rest takes no longer; instead of `policy`. */
  readonly downtimeMs?: number;
  readonly onEvent?: (event: MigrateToTargetEvent) => void;
  /** What the transport and the target say in words; default: it goes to this process's standard error. */
  readonly onText?: (text: string) => void;
}

export type MigrateToTargetEvent =
  | MigrateEvent
  | LinkEvent
  /** The target can't do all that is wished for: it goes on without. */
  | { readonly kind: 'without'; readonly what: 'link' | 'compression' }
  /** How the transport's process ended; the last event. */
  | { readonly kind: 'transport-end'; readonly pid: number | undefined; readonly end: TransportOutcome };

/** What a link carried. */
export interface LinkTotals {
  /** Of the migration. */
  readonly rawBytes: number;
  /** Over the connections, repetitions included. */
  readonly wireBytes: number;
  /** How often it broke and was taken up again. */
  readonly takenUpAgain: number;
}

export interface MigrateToTargetReport extends MigrateReport {
  /** undefined: there was none. */
  readonly link: LinkTotals | undefined;
}

/**
 * Migrates a domain to a host, as `xl migrate` does: agrees with the target on a link where one is wished for, starts what
 * carries the migration, carries it out (migrateDomain), and sees the carrier end.
 *
 * @throws LibxlError before anything is begun (the domain can't be moved, the target can't be reached, ERROR_ABORTED);
 * MigrationError, which says where the source is
 */
export async function migrateToTarget(options: MigrateToTargetOptions): Promise<MigrateToTargetReport> {
  const { host, domid, reach, receiver = {}, link: wish, bytesPerSecond, signal, onEvent } = options;
  // Before the target is bothered.
  await requireMovable(host, domid, { live: options.live ?? true });
  const chosen = await chooseTransport({ reach, receiver, link: wish, bytesPerSecond, signal });
  if (chosen.without !== 'nothing') onEvent?.({ kind: 'without', what: chosen.without });
  return carryOut(options, chosen);
}

async function carryOut(
  { reach: _reach, receiver: _receiver, link: wish, downtimeMs, onText, ...options }: MigrateToTargetOptions,
  chosen: ChosenTransport,
): Promise<MigrateToTargetReport> {
  const { onEvent, bytesPerSecond, ...settings } = options;
  const watch = new LinkWatch(onEvent);
  // Between the start of the transport and that of the migration nothing may be waited for: see migrateDomain().
  const transport = startTransport(chosen.command, {
    ...(chosen.link
      ? { patienceMs: wish?.patienceMs ?? LINK_PATIENCE_MS, onLink: (event) => watch.observe(event) }
      : {}),
    ...(onText === undefined ? {} : { onText }),
  });
  let report: MigrateReport;
  try {
    report = await migrateDomain({
      ...settings,
      connection: transport.connection,
      ...(downtimeMs === undefined ? {} : { policy: downtimePolicy({ downtimeMs }) }),
      // A link has its own limit, of what it really sends.
      ...(bytesPerSecond === undefined || chosen.link ? {} : { bytesPerSecond }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  } catch (error) {
    await tellEnd(transport, true, onEvent);
    throw error;
  }
  await tellEnd(transport, false, onEvent);
  return { ...report, link: watch.totals };
}

async function tellEnd(
  transport: RunningTransport,
  failed: boolean,
  onEvent: MigrateToTargetOptions['onEvent'],
): Promise<void> {
  const end = await transportOutcome(transport, failed);
  onEvent?.({ kind: 'transport-end', pid: transport.pid, end });
}

/** Keeps what a link carried. */
class LinkWatch {
  totals: LinkTotals | undefined;
  private takenUpAgain = 0;

  constructor(private readonly onEvent: MigrateToTargetOptions['onEvent']) {}

  observe(event: LinkEvent): void {
    if (event.kind === 'link-up' && event.again) this.takenUpAgain++;
    if (event.kind === 'link-totals') {
      this.totals = { rawBytes: event.rawBytes, wireBytes: event.wireBytes, takenUpAgain: this.takenUpAgain };
    }
    this.onEvent?.(event);
  }
}
