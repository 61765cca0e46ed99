import type { AutoConvergeOptions, PrecopyPolicy } from '@xen-migration/libxc';
import { encodeXlHeader, type XlHeader } from '@xen-migration/stream-format';
import type { LibxlDomainConfig } from '../config/index.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import { domainInfoIfThere, nameOfDomain } from '../domain/list.js';
import { requireMovable } from '../domain/movable.js';
import { keyOfDomain } from '../domain/names.js';
import { ensureRunning } from '../domain/resume.js';
import { LibxlError, libxlErrorOf } from '../errors.js';
import type { HandOverEvent, HandOverOutcome, HandOverSource } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import { saveFileHeader } from '../stream/save-file-header.js';
import { type SaveEvent, type TransferSummary, writeDomainStream } from '../stream/save-stream.js';
import type { MigrationConnection } from './connection.js';
import { MigrationError, type SourceFate } from './errors.js';
import { keepUnlessGiven } from './keep-source.js';
import { type GuardedPeer, guardPeer } from './peer.js';
import { Machine, SENDER, type SenderState } from './states.js';

export interface MigrateOptions {
  readonly host: Host;
  readonly domid: number;
  /** To a receiver (receiveMigration, or a stock `xl migrate-receive`) that is just starting. Closed at the end. */
  readonly connection: MigrationConnection;
  /** Sent instead of the one that the domain was made from. */
  readonly config?: LibxlDomainConfig;
  /** The target is to give it the same domid. */
  readonly preserveDomid?: boolean;
  /** Default: live. */
  readonly live?: boolean;
  /** Send all pages once more at the end, for the receiver to compare. */
  readonly debug?: boolean;
  /** For the guest to suspend; default 60 seconds. */
  readonly suspendTimeoutMs?: number;
  readonly policy?: PrecopyPolicy;
  /** Most that is sent while the guest runs. Where the connection has a limit of its own, none is needed here. */
  readonly bytesPerSecond?: number;
  /** Slow the guest down when it writes faster than it can be sent. */
  readonly autoConverge?: AutoConvergeOptions;
  /** Looked at until the target may start its copy; from then on a migration can't be cancelled. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: MigrateEvent) => void;
}

export type MigrateEvent =
  | { readonly kind: 'state'; readonly state: SenderState }
  | { readonly kind: 'sending'; readonly header: XlHeader }
  /** The transfer failed and the target was told so: the source is being resumed. */
  | { readonly kind: 'resuming-source'; readonly error: LibxlError }
  | { readonly kind: 'hand-over'; readonly event: HandOverEvent }
  | SaveEvent;

export interface MigrateReport {
  readonly domid: number;
  readonly name: string | undefined;
  readonly uuid: string;
  /** Milliseconds. */
  readonly totalMs: number;
  /** From the moment that the guest was asked to suspend until the target said that it runs. */
  readonly downtimeMs: number;
  readonly transfer: TransferSummary;
  /** What is left to do here, in words: the guest runs at the target all the same. */
  readonly problems: readonly string[];
}

/**
 * Moves a domain to the host at the other end of the connection; the sender's side of `xl migrate`, its state machine is
 * in states.ts. The source is destroyed only when the target has said that its copy runs.
 *
 * @throws MigrationError, which says where the source is then; LibxlError before anything is begun
 */
export async function migrateDomain(options: MigrateOptions): Promise<MigrateReport> {
  const { host, domid, connection } = options;
  // At once: what a stream of this process has read of the peer's words before the guardian has it is lost.
  const peer = guarded(options);
  const cancel = () => connection.close();
  options.signal?.addEventListener('abort', cancel);
  try {
    const key = await keyOfDomain(host, domid);
    await requireMovable(host, domid, { live: options.live ?? true });
    const name = await nameOfDomain(host, domid);
    const config = options.config ?? (await retrieveConfiguration(host, domid));
    return await new Sender(options, { ...key, name }, config, peer).run();
  } finally {
    options.signal?.removeEventListener('abort', cancel);
    connection.close();
    await peer.dismiss();
  }
}

/** @throws MigrationError where the target was never reached */
function guarded({ host, domid, connection }: MigrateOptions): GuardedPeer {
  try {
    return guardPeer(host, connection);
  } catch (e) {
    connection.close();
    const cause = libxlErrorOf(e, 'migration', domid);
    throw new MigrationError(cause.code, cause.message, 'connected', 'runs', { domid, cause });
  }
}

class Sender {
  private readonly machine: Machine<typeof SENDER>;
  private readonly start = performance.now();
  private suspendStart = 0;
  private targetStarted = 0;
  /** The guest may have been asked to suspend. */
  private asked = false;

  constructor(
    private readonly options: MigrateOptions,
    private readonly source: HandOverSource,
    private readonly config: LibxlDomainConfig,
    private readonly peer: GuardedPeer,
  ) {
    this.machine = new Machine(SENDER, 'connected', (state) => options.onEvent?.({ kind: 'state', state }));
  }

  async run(): Promise<MigrateReport> {
    let transfer: TransferSummary;
    try {
      this.planForDeath();
      transfer = await this.send();
    } catch (e) {
      throw await this.kept(e);
    }
    const outcome = await this.handOver();
    if (outcome.kind !== 'moved') throw await this.notMoved(outcome);
    const { domid, uuid, name } = this.source;
    const now = performance.now();
    return {
      domid,
      name,
      uuid,
      totalMs: now - this.start,
      downtimeMs: this.targetStarted - this.suspendStart,
      transfer,
      problems: outcome.problems,
    };
  }

  /** From `connected` to `acknowledged`. */
  private async send(): Promise<TransferSummary> {
    const { host, connection, onEvent, signal } = this.options;
    const { domid } = this.source;
    await this.peer.expect('banner');
    this.machine.step('?banner');
    const header = saveFileHeader(this.config, this.options.preserveDomid === true ? domid : 0);
    await connection.sink.writev([encodeXlHeader(header)]);
    onEvent?.({ kind: 'sending', header });
    this.machine.step('!header');
    const { debug, suspendTimeoutMs, policy, bytesPerSecond, autoConverge } = this.options;
    const result = await writeDomainStream({
      host,
      domid,
      sink: connection.sink,
      live: this.options.live ?? true,
      ...(debug === undefined ? {} : { debug }),
      ...(suspendTimeoutMs === undefined ? {} : { suspendTimeoutMs }),
      ...(policy === undefined ? {} : { policy }),
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      ...(autoConverge === undefined ? {} : { autoConverge }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
      beforeSuspend: async () => {
        this.suspendStart = performance.now();
        this.asked = true;
        this.planForDeath();
        connection.phase?.('suspended');
      },
    });
    this.machine.step('!stream');
    await this.peer.expect('ready');
    this.machine.step('?ready');
    return result;
  }

  /** If we die the source runs on, under its name. */
  private planForDeath(): void {
    const { domid, uuid, name } = this.source;
    const { asked } = this;
    this.peer.plan([{ do: 'run-source', domid, uuid, asked, ...(name === undefined ? {} : { name }) }]);
  }

  /** From `acknowledged` to the end. */
  private async handOver(): Promise<HandOverOutcome> {
    const told = await this.peer.handOver(this.source, (event) => {
      this.options.onEvent?.({ kind: 'hand-over', event });
      if (event.step === 'giving-permission') {
        this.machine.step('!permissionToGo');
        this.options.connection.phase?.('given');
      }
      if (event.step === 'target-started') {
        this.targetStarted = performance.now();
        this.machine.step('?report 0');
      }
      if (event.step !== 'given-back') return;
      this.machine.step('?report n');
      this.machine.step('?permissionToGo');
    });
    const outcome = await keepUnlessGiven(this.options.host, this.source, told);
    if (outcome.kind === 'unknown') this.machine.step('lost');
    return outcome;
  }

  private async kept(thrown: unknown): Promise<MigrationError> {
    const { host, connection, onEvent, signal } = this.options;
    const { domid } = this.source;
    const at = this.machine.state;
    this.machine.step('failed');
    // The target must know before anything else: it destroys what it has received.
    connection.close();
    const cause = libxlErrorOf(thrown, 'migration', domid);
    const error = signal?.aborted ? new LibxlError('ERROR_ABORTED', 'cancelled', { domid, cause }) : cause;
    onEvent?.({ kind: 'resuming-source', error });
    const cleanup = await ensureRunning(host, domid, this.asked);
    const fate = await this.fateOfKept();
    return new MigrationError(error.code, error.message, at, fate, { domid, cause, cleanup });
  }

  /** What could not be done for a source that was kept may be less than to run it. */
  private async fateOfKept(): Promise<SourceFate> {
    const info = await domainInfoIfThere(this.options.host, this.source.domid).catch(() => undefined);
    return info === undefined || info.shutdown || info.dying ? 'stuck' : 'runs';
  }

  private async notMoved(outcome: Exclude<HandOverOutcome, { kind: 'moved' }>): Promise<MigrationError> {
    const { domid } = this.source;
    const at = this.machine.state;
    switch (outcome.kind) {
      case 'failed':
        return new MigrationError('ERROR_FAIL', outcome.why, at, 'runs', { domid });
      case 'unknown':
        return new MigrationError('ERROR_FAIL', outcome.why, at, 'suspended', { domid });
      case 'returned': {
        const { status, problems } = outcome;
        const text = `the target could not start the domain (status code ${status})`;
        const fate = await this.fateOfKept();
        return new MigrationError('ERROR_FAIL', text, at, fate, { domid, cleanup: problems }, status);
      }
    }
  }
}
