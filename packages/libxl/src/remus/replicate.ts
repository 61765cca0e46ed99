import { SaveError } from '@xen-migration/libxc';
import { byteSource, encodeXlHeader, MIGRATION_MESSAGES } from '@xen-migration/stream-format';
import { retrieveConfiguration } from '../domain/configuration.js';
import { domainInfoIfThere, isDomainThere, nameOfDomain } from '../domain/list.js';
import { requireMovable } from '../domain/movable.js';
import { keyOfDomain } from '../domain/names.js';
import { ensureRunning } from '../domain/resume.js';
import type { DomainKey } from '../domain/userdata.js';
import { LibxlError, libxlErrorOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import type { MigrationConnection } from '../migrate/connection.js';
import { type GuardedPeer, guardPeer } from '../migrate/peer.js';
import { saveFileHeader } from '../stream/save-file-header.js';
import { type SaveEvent, writeDomainStream } from '../stream/save-stream.js';
import { RELEASE_DOMAIN } from '../xenstore/paths.js';
import { watchUntil } from '../xenstore/wait.js';
import { checkRemusInfo, type DomainRemusInfo } from './info.js';

/** How long somebody may take who destroys a domain. */
const DESTRUCTION_MS = 5_000;

export interface ReplicateOptions {
  readonly host: Host;
  readonly domid: number;
  /**
   * To a backup (receiveMigration with `remus`, or a stock `xl migrate-receive -r`). Closed at the end. Absent only where
   * `info.blackhole` says that there is none.
   */
  readonly connection?: MigrationConnection;
  readonly info: DomainRemusInfo;
  /** For the guest to suspend, at each checkpoint; default 60 seconds. */
  readonly suspendTimeoutMs?: number;
  /** Ends the replication: the domain runs on here. A backup that has a whole checkpoint goes on with it all the same. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ReplicateEvent) => void;
}

export type ReplicateEvent = { readonly kind: 'checkpoint'; readonly count: number } | SaveEvent;

export interface ReplicationEnd {
  /**
   * `source-destroyed`: somebody destroyed the domain here, and the backup goes on with it; `source-kept`: it runs on here,
   * without a backup, for the reason that `error` gives.
   */
  readonly kind: 'source-destroyed' | 'source-kept';
  /** Whole ones. */
  readonly checkpoints: number;
  readonly error: LibxlError;
  /** What could not be done for the domain here. */
  readonly problems: readonly string[];
}

/**
 * Keeps a copy of a running domain at another host, which goes on with it when this one fails (libxl_domain_remus_start).
 * It ends only when something does. As in stock nobody makes sure that only one of both goes on: where the connection is
 * lost, and no host, both do.
 *
 * @throws LibxlError where the replication can't be begun: ERROR_INVAL, ERROR_NI, what the backup said instead of its banner
 */
export async function replicateDomain(options: ReplicateOptions): Promise<ReplicationEnd> {
  const { host, domid } = options;
  const intervalMs = checkRemusInfo(options.info);
  const connection = options.info.blackhole === 'True' ? blackhole() : options.connection;
  if (connection === undefined) throw new LibxlError('ERROR_INVAL', 'there is no backup to replicate to', { domid });
  // At once, as for a migration.
  const peer = guardPeer(host, connection);
  try {
    await requireMovable(host, domid, { live: true });
    await peer.expect('banner');
    return await replicate({ ...options, connection }, intervalMs, peer);
  } finally {
    connection.close();
    await peer.dismiss();
  }
}

/** A backup that takes everything and keeps nothing. */
function blackhole(): MigrationConnection {
  return { source: byteSource(MIGRATION_MESSAGES.banner), sink: { async writev() {} }, close() {} };
}

async function replicate(
  options: ReplicateOptions & { readonly connection: MigrationConnection },
  intervalMs: number,
  peer: GuardedPeer,
): Promise<ReplicationEnd> {
  const { host, domid, connection, suspendTimeoutMs, signal, onEvent } = options;
  const { uuid } = await keyOfDomain(host, domid);
  const name = await nameOfDomain(host, domid);
  const config = await retrieveConfiguration(host, domid);
  let checkpoints = 0;
  let asked = false;
  const planForDeath = () =>
    peer.plan([{ do: 'run-source', domid, uuid, asked, ...(name === undefined ? {} : { name }) }]);
  let failure: unknown;
  try {
    planForDeath();
    await connection.sink.writev([encodeXlHeader(saveFileHeader(config, 0))]);
    await writeDomainStream({
      host,
      domid,
      sink: connection.sink,
      live: true,
      checkpoints: {
        intervalMs,
        onCheckpoint: (count) => {
          checkpoints = count;
          asked = false;
          planForDeath();
          onEvent?.({ kind: 'checkpoint', count });
        },
      },
      ...(suspendTimeoutMs === undefined ? {} : { suspendTimeoutMs }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
      beforeSuspend: async () => {
        asked = true;
        planForDeath();
      },
    });
  } catch (e) {
    failure = e;
  }
  const cancelled = signal?.aborted === true;
  const error = cancelled
    ? new LibxlError('ERROR_ABORTED', 'cancelled', { domid, cause: failure })
    : libxlErrorOf(failure, 'replication', domid);
  if (!cancelled && (await isDestroyed(host, { domid, uuid }, failure)))
    return { kind: 'source-destroyed', checkpoints, error, problems: [] };
  const problems = await ensureRunning(host, domid, asked);
  return { kind: 'source-kept', checkpoints, error, problems };
}

/** A domain that is destroyed fails before it is gone: its device model ends first. */
async function isDestroyed(host: Host, { domid, uuid }: DomainKey, failure: unknown): Promise<boolean> {
  const cause = failure instanceof Error ? failure.cause : undefined;
  const streamFailed = cause instanceof SaveError && cause.code === 'WRITE';
  const gone = async () => {
    if (!(await isDomainThere(host, domid, uuid))) return true;
    return (await domainInfoIfThere(host, domid))?.dying === false ? undefined : true;
  };
  const timeoutMs = streamFailed ? 0 : DESTRUCTION_MS;
  return (await watchUntil(host.xenstore, RELEASE_DOMAIN, gone, { timeoutMs })) === true;
}
