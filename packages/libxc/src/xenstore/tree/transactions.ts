import { Refusal } from '../errors.js';
import type { Change } from './operations.js';
import { copyOf, type MutableNode, type Node, NodeSpace, type Store } from './store.js';

export interface TransactionLimits {
  /** Nodes that may be touched. */
  readonly nodes: number;
  /** Nodes that any one domain may own in the end; applies to those whose count grows. */
  readonly owned: (domid: number) => number;
}

/**
 * The store as one transaction sees it: its own changes above what everybody sees. Optimistic: each node that it touches
 * stays for it as it was then, and the commit fails when one was changed by then. What is committed is thus as if nobody
 * else had been there between.
 */
export class Transaction extends NodeSpace {
  /** What watches are told once it is committed. */
  readonly changes: Change[] = [];
  private readonly touched = new Map<string, Node | undefined>();
  private readonly own = new Map<string, MutableNode | undefined>();
  private readonly accounts = new Map<number, number>();

  constructor(
    private readonly store: Store,
    private readonly limits: TransactionLimits,
  ) {
    super();
  }

  /** @throws Refusal ENOSPC when too many nodes are touched */
  get(path: string): Node | undefined {
    if (this.own.has(path)) return this.own.get(path);
    if (this.touched.has(path)) return this.touched.get(path);
    if (this.touched.size >= this.limits.nodes) throw new Refusal('ENOSPC', 'the transaction touches too many nodes');
    const node = this.store.keep(path);
    this.touched.set(path, node);
    return node;
  }

  owned(domid: number): number {
    return this.store.owned(domid) + (this.accounts.get(domid) ?? 0);
  }

  /** Makes its changes everybody's. @throws Refusal EAGAIN when somebody changed a touched node; ENOSPC over a quota */
  commit(): void {
    for (const [path, node] of this.touched) {
      if (this.store.get(path) !== node) throw new Refusal('EAGAIN', `${path} was changed meanwhile`);
    }
    for (const [domid, nodes] of this.accounts) {
      if (nodes > 0 && this.owned(domid) > this.limits.owned(domid)) throw new Refusal('ENOSPC', 'too many nodes');
    }
    for (const [path, node] of this.own) this.store.replace(path, node);
  }

  protected edit(path: string): MutableNode {
    const mine = this.own.get(path);
    if (mine !== undefined) return mine;
    const node = this.get(path);
    if (node === undefined) throw new RangeError(`no node ${path}`);
    const copy = copyOf(node);
    this.own.set(path, copy);
    return copy;
  }

  protected insert(path: string, node: MutableNode): void {
    this.own.set(path, node);
  }

  protected drop(path: string): void {
    this.own.set(path, undefined);
  }

  protected nextGeneration(): number {
    return this.store.nextGeneration();
  }

  protected account(domid: number, nodes: number): void {
    this.accounts.set(domid, (this.accounts.get(domid) ?? 0) + nodes);
  }
}
