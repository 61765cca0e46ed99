import { ByteReader, type MigrationMessage, readMigrationMessage } from '@xen-migration/stream-format';
import { LibxlError, textOf } from '../errors.js';
import { Guardian } from '../guardian/guardian.js';
import type { HandOverEvent, HandOverOutcome, HandOverSource, Plan } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import type { MigrationConnection } from './connection.js';
import { handOver } from './hand-over.js';
import { keepSource } from './keep-source.js';

/** What a sender hears of its peer, and who sees the migration through if the sender dies. */
export interface GuardedPeer {
  plan(plan: Plan): void;
  /** @throws LibxlError where something else comes, or the connection ends */
  expect(message: MigrationMessage): Promise<void>;
  handOver(source: HandOverSource, onEvent: (event: HandOverEvent) => void): Promise<HandOverOutcome>;
  dismiss(): Promise<void>;
}

/** Where the connection is made of descriptors the guardian reads it; otherwise this process does. */
export function guardPeer(host: Host, connection: MigrationConnection): GuardedPeer {
  return connection.shared === undefined ? new DirectPeer(host, connection) : Guardian.start(host, connection.shared);
}

/** A connection that only this process has. What a guardian can do then is to repair this end. */
class DirectPeer implements GuardedPeer {
  private readonly reader: ByteReader;
  private readonly guardian: Guardian;

  constructor(
    private readonly host: Host,
    private readonly connection: MigrationConnection,
  ) {
    this.reader = new ByteReader(connection.source);
    this.guardian = Guardian.start(host);
  }

  plan(plan: Plan): void {
    this.guardian.plan(plan);
  }

  async expect(message: MigrationMessage): Promise<void> {
    try {
      await readMigrationMessage(this.reader, message);
    } catch (e) {
      throw new LibxlError('ERROR_FAIL', textOf(e), { cause: e });
    }
  }

  async handOver({ domid, name }: HandOverSource, onEvent: (event: HandOverEvent) => void): Promise<HandOverOutcome> {
    const { host, reader } = this;
    // From here on the guest is not ours to run again, unless it is given back.
    this.plan([]);
    const outcome = await handOver({ host, domid, name, reader, sink: this.connection.sink, onEvent });
    if (outcome.kind === 'failed') await keepSource(host, domid, name);
    return outcome;
  }

  dismiss(): Promise<void> {
    return this.guardian.dismiss();
  }
}
