/** The far end of an event channel: a port of a client's connection. */
export interface LocalPort {
  readonly port: number;
  /** Makes the port fire. */
  readonly fire: () => void;
}

type Port =
  | { readonly state: 'unbound'; readonly remote: number }
  | { readonly state: 'bound'; readonly remote: number; readonly peer: LocalPort };

/** A domain's event channel ports, from 1. */
export class GuestPorts {
  private readonly ports = new Map<number, Port>();

  /** @param limit highest port number */
  constructor(private readonly limit: number) {}

  /** @returns the new port, or undefined when there are as many as the domain may have */
  allocateUnbound(remote: number): number | undefined {
    for (let port = 1; port <= this.limit; port++) {
      if (this.ports.has(port)) continue;
      this.ports.set(port, { state: 'unbound', remote });
      return port;
    }
    return undefined;
  }

  get(port: number): Port | undefined {
    return this.ports.get(port);
  }

  bind(port: number, peer: LocalPort): void {
    const { remote } = this.ports.get(port)!;
    this.ports.set(port, { state: 'bound', remote, peer });
  }

  /** The peer is gone: the port can be bound anew. */
  unbindPeer(port: number, peer: LocalPort): void {
    const found = this.ports.get(port);
    if (found?.state === 'bound' && found.peer === peer)
      this.ports.set(port, { state: 'unbound', remote: found.remote });
  }
}
