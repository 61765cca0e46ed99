import { Refusal } from '../errors.js';

/** Domids from here on are special (public/xen.h, DOMID_FIRST_RESERVED). */
export const FIRST_RESERVED_DOMID = 0x7ff0;

export interface Permission {
  readonly domid: number;
  readonly read: boolean;
  readonly write: boolean;
}

/** The first names the owner, and what all domains may that are not named after it. */
export type Permissions = readonly [Permission, ...Permission[]];

/** Who asks. */
export interface Caller {
  readonly domid: number;
  /** The domain that it stands in for (SET_TARGET). */
  readonly target?: number | undefined;
}

export type Need = 'read' | 'write' | 'own';

/** The control domain may do everything. */
export function isPrivileged({ domid }: Caller): boolean {
  return domid === 0;
}

export function isAllowed(caller: Caller, permissions: Permissions, need: Need): boolean {
  if (isPrivileged(caller)) return true;
  const isCaller = ({ domid }: Permission) => domid === caller.domid || domid === caller.target;
  if (isCaller(permissions[0])) return true;
  if (need === 'own') return false;
  return (permissions.slice(1).find(isCaller) ?? permissions[0])[need];
}

/** @throws Refusal EINVAL */
export function parsePermissions(texts: readonly string[]): Permissions {
  const [owner, ...others] = texts.map(parsePermission);
  if (owner === undefined) throw new Refusal('EINVAL', 'no permissions');
  return [owner, ...others];
}

function parsePermission(text: string): Permission {
  const letter = text.charAt(0);
  if (!'nrwb'.includes(letter) || text === '') throw new Refusal('EINVAL', `no permission: ${text}`);
  return {
    domid: parseDomid(text.slice(1)),
    read: letter === 'r' || letter === 'b',
    write: letter === 'w' || letter === 'b',
  };
}

export function formatPermissions(permissions: Permissions): string[] {
  return permissions.map(({ domid, read, write }) => `${read ? (write ? 'b' : 'r') : write ? 'w' : 'n'}${domid}`);
}

/** @throws Refusal EINVAL */
export function parseDomid(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) >= FIRST_RESERVED_DOMID) throw new Refusal('EINVAL', `no domid: ${text}`);
  return Number(text);
}
