import { Refusal } from '../errors.js';
import { ABSOLUTE_PATH_MAX, RELATIVE_PATH_MAX } from '../wire.js';

/** Fires when xenstored begins, or ends, to talk with a domain; the latter also when a domain shuts down. */
export const INTRODUCE_DOMAIN = '@introduceDomain';
export const RELEASE_DOMAIN = '@releaseDomain';
export const SPECIAL_EVENTS = [INTRODUCE_DOMAIN, RELEASE_DOMAIN] as const;
export type SpecialEvent = (typeof SPECIAL_EVENTS)[number];

const VALID = /^[A-Za-z0-9\-/_@]+$/;

/** Where relative paths of a domain begin. */
export function domainPath(domid: number): string {
  return `/local/domain/${domid}`;
}

export interface PathRules {
  /** What relative paths are relative to; undefined for sockets, whose paths must be absolute. */
  readonly base: string | undefined;
  /** Whether `@introduceDomain` and the like are allowed. */
  readonly special?: boolean;
}

/**
 * The absolute path that a caller means (docs/misc/xenstore.txt: allowed characters, no doubled or trailing slashes).
 * @throws Refusal EINVAL
 */
export function absolutePath(path: string, { base, special = false }: PathRules): string {
  if (!VALID.test(path)) throw new Refusal('EINVAL', 'no valid path');
  if (path.startsWith('@')) {
    if (!special || path.length > RELATIVE_PATH_MAX) throw new Refusal('EINVAL', 'no node');
    return path;
  }
  const absolute = path.startsWith('/') ? path : below(base, path);
  if (absolute.length > ABSOLUTE_PATH_MAX) throw new Refusal('EINVAL', 'the path is too long');
  if (absolute.includes('//') || (absolute.endsWith('/') && absolute !== '/')) {
    throw new Refusal('EINVAL', 'doubled or trailing slash');
  }
  return absolute;
}

function below(base: string | undefined, path: string): string {
  if (base === undefined || path.length > RELATIVE_PATH_MAX) throw new Refusal('EINVAL', 'no absolute path');
  return `${base}/${path}`;
}

/** Of a path other than '/'. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function childOf(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** Levels that `path` is below `ancestor`; undefined where it is not below it. The path itself is 0 levels below. */
export function levelsBelow(path: string, ancestor: string): number | undefined {
  if (path === ancestor) return 0;
  const prefix = ancestor === '/' ? '/' : `${ancestor}/`;
  if (!path.startsWith(prefix)) return undefined;
  return path.slice(prefix.length).split('/').length;
}
