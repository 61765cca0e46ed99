import { domainPath } from '../tree/path.js';
import type { Caller } from '../tree/permissions.js';
import type { Transaction } from '../tree/transactions.js';
import type { Watcher } from '../tree/watches.js';

/** Who is connected: a program of the control domain through a socket, or a guest through its ring. */
export class Client implements Watcher {
  readonly transactions = new Map<number, Transaction>();
  private lastTransaction = 0;

  constructor(
    /** Changes when the guest gets a target. */
    public caller: Caller,
    /** Undefined for sockets: their paths are absolute. */
    readonly base: string | undefined,
    private readonly event: (path: string, token: string) => void,
  ) {}

  static ofGuest(caller: Caller, event: (path: string, token: string) => void): Client {
    return new Client(caller, domainPath(caller.domid), event);
  }

  watchFired(path: string, token: string): void {
    this.event(path, token);
  }

  /** @returns its id: not 0, and of no other transaction of the client */
  addTransaction(transaction: Transaction): number {
    do this.lastTransaction = (this.lastTransaction + 1) >>> 0;
    while (this.lastTransaction === 0 || this.transactions.has(this.lastTransaction));
    this.transactions.set(this.lastTransaction, transaction);
    return this.lastTransaction;
  }
}
