import { childOf, nameOf, parentOf } from './path.js';
import type { Store } from './store.js';

/** Whether a store is whole: every node in its parent's list, every listed child there. @returns what is wrong */
export function checkStore(store: Store): string[] {
  const faults: string[] = [];
  const owned = new Map<number, number>();
  for (const path of store.paths()) {
    const node = store.get(path)!;
    const owner = node.permissions[0].domid;
    owned.set(owner, (owned.get(owner) ?? 0) + 1);
    for (const name of node.children) {
      if (store.get(childOf(path, name)) === undefined) faults.push(`${path} lists ${name}, which is not there`);
    }
    if (!path.startsWith('/') || path === '/') continue;
    if (store.get(parentOf(path))?.children.has(nameOf(path)) !== true) faults.push(`${path} is in no list`);
  }
  for (const [domid, nodes] of owned) {
    const counted = store.owned(domid);
    if (counted !== nodes) faults.push(`domain ${domid} owns ${nodes} nodes, ${counted} are counted`);
  }
  return faults;
}
