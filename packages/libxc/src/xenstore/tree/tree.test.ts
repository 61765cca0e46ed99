import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../errors.js';
import { decodeText, encodeText } from '../wire.js';
import { checkStore } from './check.js';
import { lookUp, makeNode, removeNode, writeNode } from './operations.js';
import { nameOf, parentOf } from './path.js';
import { DEFAULT_QUOTAS } from './quotas.js';
import { type NodeSpace, Store } from './store.js';
import { Transaction } from './transactions.js';

const CONTROL_DOMAIN = { domid: 0 };
const NO_LIMITS = { nodes: Number.POSITIVE_INFINITY, owned: () => Number.POSITIVE_INFINITY };

/** What a tree is, as simply as can be: values by path, and whatever is between is there, too. */
class Model {
  constructor(readonly values = new Map([['/', '']])) {}

  perform({ kind, path, value }: Step): string {
    switch (kind) {
      case 'read':
        return this.values.get(path) ?? 'ENOENT';
      case 'directory':
        return this.values.has(path) ? this.children(path).sort().join() : 'ENOENT';
      case 'write':
        this.make(path);
        this.values.set(path, value);
        return '';
      case 'mkdir':
        this.make(path);
        return '';
      case 'rm':
        if (!this.values.has(parentOf(path))) return 'ENOENT';
        for (const other of [...this.values.keys()]) {
          if (other === path || other.startsWith(`${path}/`)) this.values.delete(other);
        }
        return '';
    }
  }

  copy(): Model {
    return new Model(new Map(this.values));
  }

  private make(path: string): void {
    if (this.values.has(path)) return;
    this.make(parentOf(path));
    this.values.set(path, '');
  }

  private children(path: string): string[] {
    return [...this.values.keys()].filter((other) => other !== '/' && parentOf(other) === path).map(nameOf);
  }
}

interface Step {
  readonly kind: 'read' | 'directory' | 'write' | 'mkdir' | 'rm';
  readonly path: string;
  readonly value: string;
}

const path = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`);
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('read', 'directory', 'write', 'mkdir', 'rm'),
  path,
  value: fc.constantFrom('one', 'two', ''),
});

function perform(space: NodeSpace, { kind, path, value }: Step): string {
  try {
    switch (kind) {
      case 'read':
        return decodeText(lookUp(space, CONTROL_DOMAIN, path, 'read').value);
      case 'directory':
        return [...lookUp(space, CONTROL_DOMAIN, path, 'read').children].sort().join();
      case 'write':
        writeNode(space, CONTROL_DOMAIN, path, encodeText(value), DEFAULT_QUOTAS);
        return '';
      case 'mkdir':
        makeNode(space, CONTROL_DOMAIN, path, DEFAULT_QUOTAS);
        return '';
      case 'rm':
        removeNode(space, CONTROL_DOMAIN, path);
        return '';
    }
  } catch (e) {
    if (e instanceof Refusal) return e.code;
    throw e;
  }
}

function contents(store: Store): Map<string, string> {
  const nodes = [...store.paths()].filter((path) => path.startsWith('/'));
  return new Map(nodes.map((path) => [path, decodeText(store.get(path)!.value)]));
}

/** A store without the nodes that every store begins with. */
function bareStore(): Store {
  const store = new Store();
  removeNode(store, CONTROL_DOMAIN, '/tool');
  return store;
}

describe('the tree', () => {
  it('is what a simple model of it is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = bareStore();
        const model = new Model();
        for (const one of steps) expect(perform(store, one)).toBe(model.perform(one));
        expect(contents(store)).toEqual(model.values);
        expect(checkStore(store)).toEqual([]);
      }),
    );
  });

  it('keeps its root', () => {
    expect(() => removeNode(new Store(), CONTROL_DOMAIN, '/')).toThrow('EINVAL');
  });
});

describe('transactions', () => {
  /** Steps of the transaction, or (undefined) outside of all, or the commit. */
  const turn = fc.tuple(
    fc.option(fc.nat(2), { nil: undefined }),
    fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: fc.constant('commit' as const) }),
  );

  it('that are committed are as if nobody else had been there between, and others are as if they had not been', () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 60 }), (turns) => {
        const store = bareStore();
        const model = new Model();
        const open = [0, 1, 2].map(() => ({
          transaction: new Transaction(store, NO_LIMITS),
          said: [] as [Step, string][],
        }));
        for (const [who, what] of turns) {
          const mine = who === undefined ? undefined : open[who]!;
          if (what === 'commit') {
            if (mine === undefined) continue;
            const outcome = commit(mine.transaction);
            // All that it was told is what it would be told now, at once.
            const replayed = model.copy();
            const told = mine.said.map(([one]) => replayed.perform(one));
            if (outcome === '') {
              expect(mine.said.map(([, answer]) => answer)).toEqual(told);
              for (const [one] of mine.said) model.perform(one);
            } else {
              expect(outcome).toBe('EAGAIN');
            }
            open[who!] = { transaction: new Transaction(store, NO_LIMITS), said: [] };
          } else if (mine === undefined) {
            expect(perform(store, what)).toBe(model.perform(what));
          } else {
            mine.said.push([what, perform(mine.transaction, what)]);
          }
          expect(contents(store)).toEqual(model.values);
        }
        expect(checkStore(store)).toEqual([]);
      }),
    );
  });

  it('of which only one was there are committed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 30 }), (before, steps) => {
        const store = bareStore();
        const model = new Model();
        for (const one of before) expect(perform(store, one)).toBe(model.perform(one));
        const transaction = new Transaction(store, NO_LIMITS);
        for (const one of steps) expect(perform(transaction, one)).toBe(model.perform(one));
        expect(commit(transaction)).toBe('');
        expect(contents(store)).toEqual(model.values);
        expect(checkStore(store)).toEqual([]);
      }),
    );
  });

  it('may touch so many nodes', () => {
    const transaction = new Transaction(new Store(), { nodes: 3, owned: () => 10 });
    for (const name of ['a', 'b', 'c']) expect(transaction.get(`/${name}`)).toBeUndefined();
    expect(() => transaction.get('/d')).toThrow('ENOSPC');
    expect(transaction.get('/a')).toBeUndefined();
  });
});

function commit(transaction: Transaction): string {
  try {
    transaction.commit();
    return '';
  } catch (e) {
    if (e instanceof Refusal) return e.code;
    throw e;
  }
}
