import { domainPath } from '../tree/path.js';
import type { Caller } from '../tree/permissions.js';
import type { Transaction } from '../tree/transactions.js';
import type { Watcher } from '../tree/watches.js';

/** Who is connected: a program of the control domain through a socket, or a guest through its ring. */
export class Client implements Watcher {
  readonly transactions = new Map<number, Transaction>();
  /** Where its relative paths begin. */
  readonly base: string;
  private lastTransaction = 0;

  constructor(
    /** Changes when the guest gets a target. */
    public caller: Caller,
    private readonly event: (path: string, token: string) => void,
  ) {
    this.base = domainPath(caller.domid);
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
