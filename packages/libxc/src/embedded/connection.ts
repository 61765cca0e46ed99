import type { LocalPort } from './domains/ports.js';

/** A foreign mapping that a client holds: the host keeps references for it. */
export interface HeldMapping {
  readonly domid: number;
  readonly width: 4 | 8;
  readonly mfns: Float64Array;
  readonly errors: Uint8Array;
  /** Writable type references are held, not only existence references. */
  readonly typed: boolean;
}

export interface BoundPort extends LocalPort {
  readonly to:
    | { readonly kind: 'virq'; readonly virq: number }
    | { readonly kind: 'guest'; readonly domid: number; readonly guestPort: number };
}

/** A connection to the event channel driver: ports that fired wait here until they are asked for. */
export class EventConnection {
  readonly ports = new Map<number, BoundPort>();
  private readonly fired = new Set<number>();
  private waiter: { resolve: (port: number) => void; reject: (reason: Error) => void } | undefined;

  fire(port: number): void {
    if (!this.ports.has(port)) return;
    const { waiter } = this;
    if (waiter === undefined) {
      this.fired.add(port);
      return;
    }
    this.waiter = undefined;
    waiter.resolve(port);
  }

  /** @throws Error when somebody waits already */
  next(): number | Promise<number> {
    for (const port of this.fired) {
      this.fired.delete(port);
      return port;
    }
    if (this.waiter !== undefined) throw new Error('somebody waits for events already');
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
    });
  }

  forget(port: number): void {
    this.ports.delete(port);
    this.fired.delete(port);
  }

  end(reason: Error): void {
    this.waiter?.reject(reason);
    this.waiter = undefined;
  }
}

/** What the host holds for one client; released when the client closes, or dies. */
export class Connection {
  readonly mappings = new Map<number, HeldMapping>();
  readonly eventConnections = new Map<number, EventConnection>();
  private lastId = 0;

  nextId(): number {
    this.lastId++;
    return this.lastId;
  }
}
