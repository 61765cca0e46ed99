import { Refusal } from '../errors.js';
import { levelsBelow, parentOf, type SpecialEvent } from './path.js';
import type { Caller } from './permissions.js';

/** Whom a watch belongs to. */
export interface Watcher {
  readonly caller: Caller;
  /** `path` as the watcher names it: absolute or relative, as the watch. */
  watchFired(path: string, token: string): void;
}

export interface Watch {
  readonly watcher: Watcher;
  /** Absolute, or special. */
  readonly path: string;
  readonly token: string;
  /** Levels below the path that count; undefined: all. */
  readonly depth: number | undefined;
  /** Cut off from paths that are reported: a relative watch is told relative paths. */
  readonly prefix: string;
}

interface Registered extends Watch {
  readonly sequence: number;
}

/** All watches of all clients. */
export class Watches {
  private readonly byPath = new Map<string, Set<Registered>>();
  private readonly byWatcher = new Map<Watcher, Set<Registered>>();
  private sequence = 0;

  count(watcher: Watcher): number {
    return this.byWatcher.get(watcher)?.size ?? 0;
  }

  /** @throws Refusal EEXIST */
  add(watch: Watch): void {
    if (this.find(watch.watcher, watch.path, watch.token) !== undefined) throw new Refusal('EEXIST');
    this.sequence += 1;
    const registered = { ...watch, sequence: this.sequence };
    member(this.byPath, watch.path).add(registered);
    member(this.byWatcher, watch.watcher).add(registered);
  }

  /** @throws Refusal ENOENT */
  remove(watcher: Watcher, path: string, token: string): void {
    const watch = this.find(watcher, path, token);
    if (watch === undefined) throw new Refusal('ENOENT');
    this.drop(watch);
  }

  removeAll(watcher: Watcher): void {
    for (const watch of [...(this.byWatcher.get(watcher) ?? [])]) this.drop(watch);
  }

  /** A watch that was just set fires once (docs/misc/xenstore.txt, WATCH). */
  fireOnce(watch: Watch): void {
    tell(watch, watch.path);
  }

  /** Tells the watches of a path and, unless `exact`, of all above it; each watcher in the order of its watches. */
  fire(path: string, exact: boolean, permitted: (watcher: Watcher) => boolean): void {
    const found = [...(this.byPath.get(path) ?? [])];
    for (let at = path; !exact && at !== '/'; ) {
      at = parentOf(at);
      for (const watch of this.byPath.get(at) ?? []) if (isWithinDepth(watch, path)) found.push(watch);
    }
    found.sort((a, b) => a.sequence - b.sequence);
    for (const watch of found) if (permitted(watch.watcher)) tell(watch, path);
  }

  /** Tells the watches of a special event, of all domains and of this one. */
  fireSpecial(event: SpecialEvent, domid: number, permitted: (watcher: Watcher) => boolean): void {
    const one = `${event}/${domid}`;
    const found = [...(this.byPath.get(event) ?? []), ...(this.byPath.get(one) ?? [])];
    found.sort((a, b) => a.sequence - b.sequence);
    for (const watch of found) {
      const named = watch.path === one || (watch.depth !== undefined && watch.depth > 0);
      if (permitted(watch.watcher)) tell(watch, named ? one : event);
    }
  }

  private find(watcher: Watcher, path: string, token: string): Registered | undefined {
    for (const watch of this.byWatcher.get(watcher) ?? []) {
      if (watch.path === path && watch.token === token) return watch;
    }
    return undefined;
  }

  private drop(watch: Registered): void {
    removeMember(this.byPath, watch.path, watch);
    removeMember(this.byWatcher, watch.watcher, watch);
  }
}

function tell({ watcher, prefix, token }: Watch, path: string): void {
  watcher.watchFired(path.startsWith(prefix) ? path.slice(prefix.length) : path, token);
}

function isWithinDepth(watch: Watch, path: string): boolean {
  if (watch.depth === undefined) return true;
  const levels = levelsBelow(path, watch.path);
  return levels !== undefined && levels <= watch.depth;
}

function member<K>(map: Map<K, Set<Registered>>, key: K): Set<Registered> {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = new Set<Registered>();
  map.set(key, made);
  return made;
}

function removeMember<K>(map: Map<K, Set<Registered>>, key: K, watch: Registered): void {
  const found = map.get(key);
  found?.delete(watch);
  if (found?.size === 0) map.delete(key);
}
