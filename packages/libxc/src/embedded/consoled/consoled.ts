import { join } from 'node:path';
import { isHypervisorError } from '../../hypervisor/errors.js';
import { type EventChannels, type Hypervisor, VIRQ_DOM_EXC } from '../../hypervisor/hypervisor.js';
import { GuestConsole } from './guest-console.js';

export interface ConsoledOptions {
  readonly hypervisor: Hypervisor;
  /** Where the sockets lie: `console-<domid>.sock`. */
  readonly directory: string;
  /** Called when a console can be opened: the daemon writes the path to xenstore, /local/domain/<domid>/console/tty. */
  readonly published: (domid: number, path: string) => void;
}

interface Attached {
  readonly console: GuestConsole;
  readonly port: number;
}

/** The console service of a host: what xenconsoled is to Xen. */
export class Consoled {
  private readonly attached = new Map<number, Attached>();
  private readonly ending = new AbortController();
  private readonly loop: Promise<void>;

  private constructor(
    private readonly options: ConsoledOptions,
    private readonly events: EventChannels,
    private readonly domainEvents: number,
  ) {
    this.loop = this.serve();
  }

  static async start(options: ConsoledOptions): Promise<Consoled> {
    const events = await options.hypervisor.openEventChannels();
    return new Consoled(options, events, await events.bindVirq(VIRQ_DOM_EXC));
  }

  /**
   * Serves the console of a domain: its ring's gfn, and the guest's event channel port. Attaching a domain again (its
   * ring may have moved) replaces what was.
   *
   * @throws HypervisorError when the ring can't be mapped or the port not bound
   */
  async attach(domid: number, ring: { gfn: number; port: number }): Promise<void> {
    await this.detach(domid);
    const { hypervisor, directory, published } = this.options;
    const mapping = await hypervisor.mapForeign(domid, Float64Array.of(ring.gfn), 'write');
    let port: number | undefined;
    try {
      port = await this.events.bindInterdomain(domid, ring.port);
      const bound = port;
      const path = join(directory, `console-${domid}.sock`);
      const console = await GuestConsole.open(path, mapping, () => this.notify(bound));
      this.attached.set(domid, { console, port });
      // Its end may have been told of before there was anything to detach.
      if (await this.isGone(domid)) await this.detach(domid);
      else published(domid, path);
    } catch (e) {
      if (port !== undefined) await this.events.unbind(port);
      await mapping.unmap();
      throw e;
    }
  }

  /** Ends the service of a domain's console; nothing happens where there is none. */
  async detach(domid: number): Promise<void> {
    const attached = this.attached.get(domid);
    if (attached === undefined) return;
    this.attached.delete(domid);
    await attached.console.close();
    await this.events.unbind(attached.port).catch(ignoreGone);
  }

  async close(): Promise<void> {
    this.ending.abort(new Error('the console service ends'));
    await this.loop;
    for (const domid of [...this.attached.keys()]) await this.detach(domid);
    await this.events.close();
  }

  private async serve(): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        const port = await this.events.pending(this.ending.signal);
        if (port === this.domainEvents) await this.dropDying();
        else for (const attached of this.attached.values()) if (attached.port === port) attached.console.service();
      } catch (e) {
        if (this.ending.signal.aborted) return;
        ignoreGone(e);
      }
    }
  }

  /** A console must not keep the frames of a domain that is being destroyed. */
  private async dropDying(): Promise<void> {
    for (const domid of [...this.attached.keys()]) {
      if (await this.isGone(domid)) await this.detach(domid);
    }
  }

  private async isGone(domid: number): Promise<boolean> {
    try {
      return (await this.options.hypervisor.domainInfo(domid)).dying;
    } catch (e) {
      if (isHypervisorError(e, 'ESRCH')) return true;
      throw e;
    }
  }

  private notify(port: number): void {
    // A guest that went away meanwhile needs no notice.
    this.events.notify(port).catch(ignoreGone);
  }
}

function ignoreGone(e: unknown): void {
  if (!isHypervisorError(e)) throw e;
}

/** @throws HypervisorError when the host gives no event channels */
export function startConsoled(options: ConsoledOptions): Promise<Consoled> {
  return Consoled.start(options);
}
