import { nameOf, parentOf, SPECIAL_EVENTS } from './path.js';
import type { Permissions } from './permissions.js';

export interface Node {
  readonly value: Uint8Array;
  readonly permissions: Permissions;
  /** Names of the children, in the order of their making. */
  readonly children: ReadonlySet<string>;
  /** Changes whenever value, permissions or list of children change; never used twice. */
  readonly generation: number;
}

export interface MutableNode extends Node {
  value: Uint8Array;
  permissions: Permissions;
  children: Set<string>;
  generation: number;
}

/** Of the root and the special events: the control domain's alone. */
const ROOT_PERMISSIONS: Permissions = [{ domid: 0, read: false, write: false }];
/** Nodes that a new store has, as xenstored's. */
const FIRST_NODES = ['/tool', '/tool/xenstored'];
const NOTHING = new Uint8Array(0);

/** Nodes by path: those that everybody sees, or those that a transaction sees. */
export abstract class NodeSpace {
  abstract get(path: string): Node | undefined;
  /** Nodes that a domain owns. */
  abstract owned(domid: number): number;
  /** A node that exists, for change; it has a new generation from then on. */
  protected abstract edit(path: string): MutableNode;
  protected abstract insert(path: string, node: MutableNode): void;
  protected abstract drop(path: string): void;
  protected abstract nextGeneration(): number;
  protected abstract account(domid: number, nodes: number): void;

  setValue(path: string, value: Uint8Array): void {
    this.edit(path).value = value;
  }

  setPermissions(path: string, permissions: Permissions): void {
    const node = this.edit(path);
    this.account(node.permissions[0].domid, -1);
    this.account(permissions[0].domid, 1);
    node.permissions = permissions;
  }

  /** Makes a node whose parent exists. */
  create(path: string, permissions: Permissions): void {
    this.edit(parentOf(path)).children.add(nameOf(path));
    this.insert(path, { value: NOTHING, permissions, children: new Set(), generation: this.nextGeneration() });
    this.account(permissions[0].domid, 1);
  }

  /** Removes a node that has no children any more. */
  removeLeaf(path: string): void {
    const node = this.get(path);
    if (node === undefined) return;
    this.edit(parentOf(path)).children.delete(nameOf(path));
    this.drop(path);
    this.account(node.permissions[0].domid, -1);
  }
}

/** The nodes that everybody sees. */
export class Store extends NodeSpace {
  private readonly nodes = new Map<string, MutableNode>();
  /** Nodes that transactions saw. */
  private readonly kept = new WeakSet<Node>();
  private readonly ownedNodes = new Map<number, number>();
  private generation = 1;

  constructor() {
    super();
    // The special events are no nodes of the tree, but have permissions: who may watch them.
    for (const path of ['/', ...SPECIAL_EVENTS]) {
      this.nodes.set(path, { value: NOTHING, permissions: ROOT_PERMISSIONS, children: new Set(), generation: 1 });
      this.account(ROOT_PERMISSIONS[0].domid, 1);
    }
    for (const path of FIRST_NODES) this.create(path, ROOT_PERMISSIONS);
  }

  get(path: string): Node | undefined {
    return this.nodes.get(path);
  }

  /** The node as it is now: it stays so, and get() answers another one once it was changed. */
  keep(path: string): Node | undefined {
    const node = this.nodes.get(path);
    if (node !== undefined) this.kept.add(node);
    return node;
  }

  owned(domid: number): number {
    return this.ownedNodes.get(domid) ?? 0;
  }

  paths(): Iterable<string> {
    return this.nodes.keys();
  }

  /** For transactions, whose nodes become this store's. */
  override nextGeneration(): number {
    this.generation += 1;
    return this.generation;
  }

  /** The outcome of a transaction: a changed node, or undefined for a removed one. Its parent's change comes as well. */
  replace(path: string, node: MutableNode | undefined): void {
    const before = this.nodes.get(path);
    if (before !== undefined) this.account(before.permissions[0].domid, -1);
    if (node === undefined) {
      this.nodes.delete(path);
      return;
    }
    node.generation = this.nextGeneration();
    this.nodes.set(path, node);
    this.account(node.permissions[0].domid, 1);
  }

  protected edit(path: string): MutableNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new RangeError(`no node ${path}`);
    const mine = this.kept.has(node) ? copyOf(node) : node;
    mine.generation = this.nextGeneration();
    this.nodes.set(path, mine);
    return mine;
  }

  protected insert(path: string, node: MutableNode): void {
    this.nodes.set(path, node);
  }

  protected drop(path: string): void {
    this.nodes.delete(path);
  }

  protected account(domid: number, nodes: number): void {
    const owned = this.owned(domid) + nodes;
    if (owned === 0) this.ownedNodes.delete(domid);
    else this.ownedNodes.set(domid, owned);
  }
}

export function copyOf(node: Node): MutableNode {
  return { ...node, children: new Set(node.children) };
}
