import { Refusal } from '../errors.js';
import { type Change, forgetDomain } from '../tree/operations.js';
import { parentOf, type SpecialEvent } from '../tree/path.js';
import { isAllowed, isPrivileged, type Permissions } from '../tree/permissions.js';
import type { Quotas } from '../tree/quotas.js';
import { type NodeSpace, Store } from '../tree/store.js';
import { Transaction } from '../tree/transactions.js';
import { type Watcher, Watches } from '../tree/watches.js';
import type { Client } from './client.js';

/** The tree, the watches on it, and the transactions of its clients. */
export class Database {
  readonly store = new Store();
  readonly watches = new Watches();

  constructor(readonly quotas: Quotas) {}

  /** What a request of that client works on. @throws Refusal ENOENT for a transaction that there is not */
  spaceOf(client: Client, transactionId: number): NodeSpace {
    return transactionId === 0 ? this.store : this.transactionOf(client, transactionId);
  }

  /** @throws Refusal ENOENT */
  transactionOf(client: Client, id: number): Transaction {
    const transaction = client.transactions.get(id);
    if (transaction === undefined) throw new Refusal('ENOENT', `no transaction ${id}`);
    return transaction;
  }

  /** @returns its id. @throws Refusal ENOSPC */
  startTransaction(client: Client): number {
    const privileged = isPrivileged(client.caller);
    if (!privileged && client.transactions.size >= this.quotas.transactions) throw new Refusal('ENOSPC');
    const limits = {
      nodes: privileged ? Number.POSITIVE_INFINITY : this.quotas.transactionNodes,
      owned: (domid: number) => (domid === 0 ? Number.POSITIVE_INFINITY : this.quotas.nodes),
    };
    return client.addTransaction(new Transaction(this.store, limits));
  }

  /** Tells of changes, at once or when their transaction is committed. */
  changed(client: Client, transactionId: number, changes: readonly Change[]): void {
    if (transactionId !== 0) this.transactionOf(client, transactionId).changes.push(...changes);
    else this.tell(changes);
  }

  tell(changes: readonly Change[]): void {
    for (const change of changes) {
      this.watches.fire(change.path, change.match === 'exact', (watcher) => this.mayKnow(watcher, change));
    }
  }

  tellOfDomain(event: SpecialEvent, domid: number): void {
    this.watches.fireSpecial(event, domid, (watcher) => this.mayRead(watcher, event));
  }

  /** Nothing of the client's remains but what it wrote. */
  forgetClient(client: Client): void {
    this.watches.removeAll(client);
    client.transactions.clear();
  }

  /** The domain is gone: so are its nodes, and what others allowed it. */
  forgetDomain(domid: number): void {
    this.tell(forgetDomain(this.store, this.store.paths(), domid));
  }

  /** Watchers are told of what they may read, could read before, or whose parent they may read. */
  private mayKnow(watcher: Watcher, { path, before }: Change): boolean {
    if (isPrivileged(watcher.caller)) return true;
    if (before !== undefined && this.isReadable(watcher, before)) return true;
    if (this.store.get(path) === undefined) return false;
    return this.mayRead(watcher, path) || this.mayRead(watcher, parentOf(path));
  }

  private mayRead(watcher: Watcher, path: string): boolean {
    const node = this.store.get(path);
    return node !== undefined && this.isReadable(watcher, node.permissions);
  }

  private isReadable(watcher: Watcher, permissions: Permissions): boolean {
    return isAllowed(watcher.caller, permissions, 'read');
  }
}
