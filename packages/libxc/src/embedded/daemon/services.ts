import { join } from 'node:path';
import { retrying } from '../../hypervisor/retrying.js';
import { type XenstoreClient, Xenstored } from '../../xenstore/index.js';
import { type Consoled, startConsoled } from '../consoled/index.js';
import { HOST_FILES } from '../directory.js';
import type { Host } from '../host.js';
import { ConsoleAttacher } from './console-attacher.js';
import { HeldGuests } from './held-guests.js';

export interface ServicesOptions {
  readonly host: Host;
  readonly directory: string;
  /** Called when a client of xenstored came or went, with how many there are. */
  readonly clientsChanged: (clients: number) => void;
  /** Called when a domain shut down, is dying, or is gone. */
  readonly domainsChanged: () => void;
}

/** What a control domain runs beside the hypervisor: xenstored, the console service, and the kernels of held guests. */
export class HostServices {
  private constructor(
    private readonly xenstored: Xenstored,
    private readonly consoled: Consoled,
    private readonly store: XenstoreClient,
    private readonly held: HeldGuests,
  ) {}

  static async start({ host, directory, clientsChanged, domainsChanged }: ServicesOptions): Promise<HostServices> {
    const log = (text: string) => host.state.log.add(text);
    const listener: { introduced?: (domid: number) => void; domainsChanged: () => void } = { domainsChanged };
    const xenstored = await Xenstored.start({
      hypervisor: retrying(host.connect()),
      socket: join(directory, HOST_FILES.xenstore),
      listeners: [listener],
      clientsChanged,
      log: (text) => log(`xenstored: ${text}`),
    });
    const store = await xenstored.connect();
    const consoles = new ConsoleAttacher(store, log);
    const consoled = await startConsoled({
      hypervisor: retrying(host.connect()),
      directory,
      published: (domid, path) => consoles.publish(domid, path),
    });
    const held = new HeldGuests(host, store, log);
    listener.introduced = (domid) => {
      consoles.attach(consoled, domid);
      held.watch(domid);
    };
    listener.domainsChanged = () => {
      held.sweep().catch((e: unknown) => log(`held guests: ${String(e)}`));
      domainsChanged();
    };
    return new HostServices(xenstored, consoled, store, held);
  }

  async close(): Promise<void> {
    await this.held.close();
    await this.store.close();
    await this.consoled.close();
    await this.xenstored.close();
  }
}
