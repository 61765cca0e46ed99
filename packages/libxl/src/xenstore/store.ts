import type { XenstoreClient } from '@xen-migration/libxc/xenstore';

/** What both a connection to xenstored and a transaction on it can do. */
export type Store = Pick<XenstoreClient, 'read' | 'write' | 'mkdir' | 'rm' | 'directory' | 'setPermissions'>;

/** The node's text; undefined where there is no such node. */
export async function readText(store: Store, path: string): Promise<string | undefined> {
  return (await orUndefined(() => store.read(path))) ?? undefined;
}

/** Names of the children; empty where there is no such node. */
export async function children(store: Store, path: string): Promise<string[]> {
  return (await orUndefined(() => store.directory(path))) ?? [];
}

/** Removes the node with all below it; nothing happens where there is none. */
export async function removeTree(store: Store, path: string): Promise<void> {
  await orUndefined(() => store.rm(path));
}

/** Writes nodes below a path, in order: xenstored takes a connection's requests as they come, so that none waits for an answer. */
export async function writeBelow(
  store: Store,
  path: string,
  entries: Readonly<Record<string, string | number>>,
): Promise<void> {
  await Promise.all(Object.entries(entries).map(([name, value]) => store.write(`${path}/${name}`, String(value))));
}

/** Runs the steps in one transaction, again when somebody else's change came in between. */
export async function transact<T>(xenstore: XenstoreClient, steps: (store: Store) => Promise<T>): Promise<T> {
  return xenstore.transaction(steps);
}

export function isNoEntry(e: unknown): boolean {
  return e instanceof Error && 'code' in e && e.code === 'ENOENT';
}

async function orUndefined<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (e) {
    if (isNoEntry(e)) return undefined;
    throw e;
  }
}
