import {
  type LibxlDomainConfig,
  type LinkEvent,
  type MigrateEvent,
  type MigrateOptions,
  type MigrateReport,
  MigrationError,
  migrateDomain,
  startTransport,
} from '@xen-migration/libxl';
import type { Context } from '../context.js';
import type { ChosenTransport, LinkWish } from './link.js';
import { transportEnd } from './transport.js';

export interface Transfer {
  readonly domid: number;
  readonly config: LibxlDomainConfig;
  readonly chosen: ChosenTransport;
  readonly wish: LinkWish;
  readonly settings: Pick<MigrateOptions, 'preserveDomid' | 'debug' | 'policy' | 'autoConverge'>;
  readonly onEvent: (event: MigrateEvent) => void;
  readonly onLink: (event: LinkEvent) => void;
  /** What the transport and the target say; default: it goes to our standard error. */
  readonly onText?: (text: string) => void;
}

/** How a migration ended; `ended`: what is to be said of its transport's end. */
export type Transferred =
  | { readonly kind: 'migrated'; readonly report: MigrateReport; readonly ended: string }
  | { readonly kind: 'failed'; readonly error: MigrationError; readonly ended: string };

/** Migrates a domain through a transport that was chosen for it. */
export async function carryOut(context: Context, transfer: Transfer): Promise<Transferred> {
  const { domid, config, chosen, wish, settings, onEvent, onLink, onText } = transfer;
  // Between the start of the transport and that of the migration nothing may be waited for: see migrateDomain().
  const host = await context.host();
  const transport = startTransport(chosen.transport, {
    ...(chosen.link ? { patienceMs: wish.patienceMs, onLink } : {}),
    ...(onText === undefined ? {} : { onText }),
  });
  try {
    const report = await migrateDomain({
      host,
      domid,
      config,
      connection: transport.connection,
      ...settings,
      // A link has its own limit, of what it really sends.
      ...(wish.bytesPerSecond === undefined || chosen.link ? {} : { bytesPerSecond: wish.bytesPerSecond }),
      signal: context.signal,
      onEvent,
    });
    return { kind: 'migrated', report, ended: await transportEnd(transport, false) };
  } catch (error) {
    const ended = await transportEnd(transport, true);
    if (!(error instanceof MigrationError)) throw error;
    return { kind: 'failed', error, ended };
  }
}
