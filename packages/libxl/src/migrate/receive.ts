import {
  ByteReader,
  encodeMigrationReport,
  MIGRATION_MESSAGES,
  readMigrationMessage,
  type XlHeader,
} from '@xen-migration/stream-format';
import type { LibxlDomainConfig } from '../config/index.js';
import { destroyDomain } from '../domain/destroy.js';
import { listDomains } from '../domain/list.js';
import { startReceived } from '../domain/start-received.js';
import { LIBXL_ERROR, LibxlError, libxlErrorOf, textOf } from '../errors.js';
import { Guardian } from '../guardian/guardian.js';
import type { Plan, StartReceived } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import { type MissingCpuFeatures, type RestoreEvent, restoreDomainStream } from '../stream/restore-stream.js';
import { type ConfigTextParser, readSaveFileHeader } from '../stream/save-file-header.js';
import type { MigrationConnection } from './connection.js';
import { Machine, RECEIVER, type ReceiverState } from './states.js';

export interface ReceiveOptions {
  readonly host: Host;
  /** To a sender (migrateDomain, or a stock `xl migrate`) that waits for the banner. */
  readonly connection: MigrationConnection;
  /** Leave the domain paused. */
  readonly paused?: boolean;
  /** Checkpoints come (Remus): when the sender is gone the domain goes on here from the last whole one. */
  readonly remus?: boolean;
  /** A guest whose CPU had features that this host can't give it: refused (default), or received without them. */
  readonly missingCpuFeatures?: MissingCpuFeatures;
  /** For senders of Xen 4.4 and older, whose configuration is not in JSON. */
  readonly parseConfigText?: ConfigTextParser;
  /** Looked at until the sender has given its permission. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ReceiveEvent) => void;
}

export type ReceiveEvent =
  | { readonly kind: 'state'; readonly state: ReceiverState }
  | { readonly kind: 'header'; readonly header: XlHeader; readonly config: LibxlDomainConfig }
  /** The domain could not be started: our copy is being destroyed. */
  | { readonly kind: 'giving-back'; readonly error: LibxlError }
  | RestoreEvent;

export interface ReceivedDomain {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
}

/** What a domain is called until it may run. */
export const incomingName = (name: string): string => `${name}--incoming`;

/**
 * Receives a domain and starts it once its sender has given it away; the receiver's side of `xl migrate`, its state
 * machine is in states.ts.
 *
 * @throws LibxlError; nothing of the domain is left then, unless `cleanup` says so
 */
export async function receiveMigration(options: ReceiveOptions): Promise<ReceivedDomain> {
  const { host, connection } = options;
  const { toPeer } = connection.shared ?? {};
  const guardian = Guardian.start(host, toPeer === undefined ? {} : { toPeer });
  try {
    return await new Receiver(options, (plan) => guardian.plan(plan), toPeer !== undefined).run();
  } finally {
    await guardian.dismiss();
  }
}

class Receiver {
  private readonly machine: Machine<typeof RECEIVER>;
  private readonly reader: ByteReader;

  constructor(
    private readonly options: ReceiveOptions,
    private readonly plan: (plan: Plan) => void,
    /** The guardian can speak to the sender. */
    private readonly shared: boolean,
  ) {
    this.machine = new Machine(RECEIVER, 'listening', (state) => options.onEvent?.({ kind: 'state', state }));
    this.reader = new ByteReader(options.connection.source);
  }

  async run(): Promise<ReceivedDomain> {
    let received: StartReceived;
    try {
      received = await this.receive();
    } catch (e) {
      this.machine.step('failed');
      throw libxlErrorOf(e, 'migration');
    }
    return this.options.remus === true ? this.takeOver(received) : this.complete(received);
  }

  /** The sender is gone, and nobody is to be asked or told. */
  private async takeOver(received: StartReceived): Promise<ReceivedDomain> {
    const { domid, name, uuid } = received;
    this.plan([{ do: 'start-received', ...received }]);
    try {
      await startReceived(this.options.host, received);
    } catch (e) {
      throw await this.notTakenOver(received, libxlErrorOf(e, 'migration', domid));
    }
    this.plan([]);
    this.machine.step('taken over');
    return { domid, name, uuid };
  }

  /** On the primary's own host its copy goes; anywhere else the copy may be all that is left of the domain. */
  private async notTakenOver(received: StartReceived, error: LibxlError): Promise<LibxlError> {
    const { domid, uuid } = received;
    if (await hasOther(this.options.host, received)) {
      this.machine.step('failed');
      return this.dropped(domid, error);
    }
    const kept = `domain ${domid} (uuid ${uuid}), the last checkpoint, is kept here, paused`;
    return new LibxlError(error.code, error.message, { domid, cause: error, cleanup: [kept] });
  }

  private async complete(received: StartReceived): Promise<ReceivedDomain> {
    try {
      await this.start(received);
    } catch (e) {
      throw await this.giveBack(received, libxlErrorOf(e, 'migration', received.domid));
    }
    this.plan([]);
    await this.tell('!report 0', encodeMigrationReport(0));
    const { domid, name, uuid } = received;
    return { domid, name, uuid };
  }

  /** From `listening` to `waiting`: the domain is there, paused, under its temporary name. */
  private async receive(): Promise<StartReceived> {
    const { host, onEvent, signal, missingCpuFeatures, paused = false, remus = false } = this.options;
    await this.tell('!banner', MIGRATION_MESSAGES.banner);
    const { header, config, params } = await readSaveFileHeader(this.reader, this.headerOptions());
    const name = config.c_info?.name ?? '';
    if (name === '') throw new LibxlError('ERROR_INVAL', 'the configuration that was sent gives the domain no name');
    onEvent?.({ kind: 'header', header, config });
    this.machine.step('?header');
    const { domid, uuid } = await restoreDomainStream({
      host,
      config: { ...config, c_info: { ...config.c_info, name: incomingName(name) } },
      reader: this.reader,
      params: remus ? { ...params, checkpointed_stream: 'remus' } : params,
      witness: {
        aboutToMake: (madeUuid, others) => this.plan([{ do: 'destroy-new', uuid: madeUuid, others }]),
      },
      ...(missingCpuFeatures === undefined ? {} : { missingCpuFeatures }),
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
    this.machine.step('?stream');
    if (remus) return { domid, uuid, name, paused };
    const giveBack: Plan = this.shared ? [{ do: 'give-back' }] : [];
    this.plan([{ do: 'destroy', domid, uuid }, ...giveBack]);
    try {
      await this.tell('!ready', MIGRATION_MESSAGES.ready);
    } catch (e) {
      throw await this.dropped(domid, libxlErrorOf(e, 'migration', domid));
    }
    return { domid, uuid, name, paused };
  }

  /** From `complete`: nobody has been told of our copy, which goes. */
  private async dropped(domid: number, error: LibxlError): Promise<LibxlError> {
    try {
      await destroyDomain(this.options.host, domid);
      return error;
    } catch (e) {
      return new LibxlError(error.code, error.message, { domid, cause: error, cleanup: [textOf(e)] });
    }
  }

  private headerOptions() {
    const { parseConfigText } = this.options;
    return parseConfigText === undefined ? {} : { parseConfigText };
  }

  /** From `waiting` to `starting`, and the domain runs. */
  private async start(received: StartReceived): Promise<void> {
    await readMigrationMessage(this.reader, 'permissionToGo');
    this.machine.step('?permissionToGo');
    if (this.shared) this.plan([{ do: 'start-received', ...received }]);
    await startReceived(this.options.host, received);
  }

  /** From `waiting` or `starting`: our copy is destroyed before the sender may run its own again. */
  private async giveBack({ domid }: StartReceived, error: LibxlError): Promise<LibxlError> {
    this.machine.step('failed');
    this.options.onEvent?.({ kind: 'giving-back', error });
    const cleanup: string[] = [];
    try {
      // The report first, as stock does: a sender that waits knows at once.
      await this.tell('!report n', encodeMigrationReport(-LIBXL_ERROR[error.code]));
    } catch {
      this.machine.step('lost');
    }
    try {
      await destroyDomain(this.options.host, domid);
      if (this.machine.state === 'destroying') await this.tell('!permissionToGo', MIGRATION_MESSAGES.permissionToGo);
    } catch (e) {
      cleanup.push(textOf(e));
      if (this.machine.state === 'destroying') this.machine.step('failed');
    }
    this.plan([]);
    return cleanup.length === 0 ? error : new LibxlError(error.code, error.message, { domid, cause: error, cleanup });
  }

  private async tell(step: string, message: Uint8Array): Promise<void> {
    await this.options.connection.sink.writev([message]);
    this.machine.step(step);
  }
}

/** Whether another domain with its uuid is here: the one that it is a copy of. */
async function hasOther(host: Host, { domid, uuid }: StartReceived): Promise<boolean> {
  return (await listDomains(host)).some((other) => other.uuid === uuid && other.domid !== domid && !other.dying);
}
