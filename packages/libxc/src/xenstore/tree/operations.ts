import { Refusal } from '../errors.js';
import { childOf, parentOf } from './path.js';
import { type Caller, isAllowed, isPrivileged, type Need, type Permission, type Permissions } from './permissions.js';
import type { Quotas } from './quotas.js';
import type { Node, NodeSpace } from './store.js';

/** What watches are told of. */
export interface Change {
  readonly path: string;
  /** 'exact': a node that went because one above it was removed; only watches of this very path are told. */
  readonly match: 'subtree' | 'exact';
  /** Permissions that the node had: who lost sight of it by the change is told too. */
  readonly before?: Permissions;
}

/** @throws Refusal EACCES, ENOENT */
export function lookUp(space: NodeSpace, caller: Caller, path: string, need: Need): Node {
  const node = space.get(path);
  if (node === undefined) throw new Refusal(mayKnowOf(space, caller, path, need) ? 'ENOENT' : 'EACCES');
  if (!isAllowed(caller, node.permissions, need)) throw new Refusal('EACCES');
  return node;
}

/** Whether a node exists is the business of those who could do the same to the closest node above it. */
function mayKnowOf(space: NodeSpace, caller: Caller, path: string, need: Need): boolean {
  return isAllowed(caller, closestAbove(space, path).permissions, need);
}

function closestAbove(space: NodeSpace, path: string): Node {
  for (let at = parentOf(path); ; at = parentOf(at)) {
    const node = space.get(at);
    if (node !== undefined) return node;
    if (at === '/') throw new Refusal('EIO', 'the root is gone');
  }
}

export function writeNode(
  space: NodeSpace,
  caller: Caller,
  path: string,
  value: Uint8Array,
  quotas: Quotas,
): readonly Change[] {
  if (!isPrivileged(caller) && value.length > quotas.nodeSize) throw new Refusal('ENOSPC', 'the value is too long');
  ensureNode(space, caller, path, quotas);
  space.setValue(path, value);
  return [{ path, match: 'subtree' }];
}

export function makeNode(space: NodeSpace, caller: Caller, path: string, quotas: Quotas): readonly Change[] {
  return ensureNode(space, caller, path, quotas) ? [{ path, match: 'subtree' }] : [];
}

/** Makes the node and those missing above it, if it is not there. @returns whether it was made */
function ensureNode(space: NodeSpace, caller: Caller, path: string, quotas: Quotas): boolean {
  try {
    lookUp(space, caller, path, 'write');
    return false;
  } catch (e) {
    if (!(e instanceof Refusal && e.code === 'ENOENT')) throw e;
  }
  const missing: string[] = [];
  for (let at = path; space.get(at) === undefined; at = parentOf(at)) missing.push(at);
  if (!isPrivileged(caller) && space.owned(caller.domid) + missing.length > quotas.nodes) {
    throw new Refusal('ENOSPC', 'too many nodes');
  }
  const inherited = closestAbove(space, path).permissions;
  const [owner, ...others] = inherited;
  // Whoever is not the control domain owns what it makes.
  const permissions: Permissions = isPrivileged(caller) ? inherited : [{ ...owner, domid: caller.domid }, ...others];
  for (const at of missing.reverse()) space.create(at, permissions);
  return true;
}

/** Removes the node and all below it. @throws Refusal ENOENT when not even its parent is there */
export function removeNode(space: NodeSpace, caller: Caller, path: string): readonly Change[] {
  if (path === '/') throw new Refusal('EINVAL', 'the root stays');
  try {
    lookUp(space, caller, path, 'write');
  } catch (e) {
    if (e instanceof Refusal && e.code === 'ENOENT' && space.get(parentOf(path)) !== undefined) return [];
    throw e;
  }
  return removeTree(space, path);
}

/** Without asking anybody. */
export function removeTree(space: NodeSpace, top: string): readonly Change[] {
  const paths = [top];
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i]!;
    for (const name of space.get(path)?.children ?? []) paths.push(childOf(path, name));
  }
  const changes = paths.map((path): Change => {
    const before = space.get(path)?.permissions;
    return { path, match: path === top ? 'subtree' : 'exact', ...(before === undefined ? {} : { before }) };
  });
  for (const path of paths.reverse()) space.removeLeaf(path);
  return changes;
}

export function changePermissions(
  space: NodeSpace,
  caller: Caller,
  path: string,
  permissions: Permissions,
  quotas: Quotas,
): readonly Change[] {
  if (!isPrivileged(caller) && permissions.length > quotas.permissions) throw new Refusal('ENOSPC');
  const before = lookUp(space, caller, path, 'own').permissions;
  if (!isPrivileged(caller) && before[0].domid !== permissions[0].domid) {
    throw new Refusal('EPERM', 'only the control domain changes owners');
  }
  space.setPermissions(path, permissions);
  return [{ path, match: 'subtree', before }];
}

/** What a domain leaves: its nodes go with all below them, and so does what other nodes allow it. */
export function forgetDomain(space: NodeSpace, paths: Iterable<string>, domid: number): readonly Change[] {
  const changes: Change[] = [];
  for (const path of [...paths]) {
    const node = space.get(path);
    if (node === undefined) continue;
    const [owner, ...others] = node.permissions;
    if (owner.domid === domid && path !== '/') changes.push(...removeTree(space, path));
    else if (others.some((other) => other.domid === domid)) {
      space.setPermissions(path, [owner, ...others.filter((other: Permission) => other.domid !== domid)]);
    }
  }
  return changes;
}
