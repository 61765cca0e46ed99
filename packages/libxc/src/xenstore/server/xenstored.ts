import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { XenstoreClient } from '../client/client.js';
import { DEFAULT_QUOTAS, type Quotas } from '../tree/quotas.js';
import { Database } from './database.js';
import { GuestRing } from './guest-ring.js';
import { type DomainListener, Guests, type GuestsOptions } from './guests.js';
import { openLocalChannel } from './local-channel.js';
import type { Services } from './services.js';
import { SocketServer } from './socket-server.js';

export interface XenstoredOptions {
  readonly hypervisor: Hypervisor;
  /** Path of the unix socket for programs of the control domain: whoever may open it may do everything. */
  readonly socket: string;
  readonly listeners?: readonly DomainListener[];
  /** Called when a client of the socket came or went, with how many there are. */
  readonly clientsChanged?: (clients: number) => void;
  readonly log?: (text: string) => void;
  /** Of guests. Default: those of Xen's xenstored. */
  readonly quotas?: Quotas;
}

/** The xenstore of a host: for programs through a socket, for guests through their rings. */
export class Xenstored {
  private constructor(
    private readonly services: Services,
    private readonly guests: Guests,
    private readonly sockets: SocketServer,
  ) {}

  /** @throws HypervisorError without event channels; Error when the socket can't be made */
  static async start(options: XenstoredOptions): Promise<Xenstored> {
    const { hypervisor, listeners = [], log = () => {}, quotas = DEFAULT_QUOTAS, clientsChanged = () => {} } = options;
    const database = new Database(quotas);
    const serve: GuestsOptions['serve'] = (caller, page, notify) => new GuestRing(services, caller, page, notify);
    const guests = await Guests.start({ hypervisor, database, listeners, log, serve });
    const services: Services = { database, domains: guests, log };
    try {
      const sockets = await SocketServer.listen(services, options.socket, clientsChanged);
      return new Xenstored(services, guests, sockets);
    } catch (e) {
      await guests.close();
      throw e;
    }
  }

  /** A client in this process. */
  connect(): Promise<XenstoreClient> {
    return XenstoreClient.over((events) => openLocalChannel(this.services, events));
  }

  async close(): Promise<void> {
    await this.sockets.close();
    await this.guests.close();
  }
}
