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

export function isRelative(path: string): boolean {
  return !path.startsWith('/') && !path.startsWith('@');
}

/** As the path is meant, right or wrong. @param base what relative paths are relative to */
export function fullPath(path: string, base: string): string {
  return isRelative(path) ? `${base}/${path}` : path;
}

/**
 * The absolute path that a caller means (docs/misc/xenstore.txt: allowed characters, no doubled or trailing slashes).
 *
 * @param special whether events such as '@introduceDomain' are meant, too
 * @throws Refusal EINVAL
 */
export function absolutePath(path: string, base: string, special = false): string {
  if (!VALID.test(path)) throw new Refusal('EINVAL', 'no valid path');
  if (path.startsWith('@') && !special) throw new Refusal('EINVAL', 'no node');
  if (path.length > (path.startsWith('/') ? ABSOLUTE_PATH_MAX : RELATIVE_PATH_MAX)) {
    throw new Refusal('EINVAL', 'the path is too long');
  }
  const absolute = fullPath(path, base);
  if (absolute.includes('//') || (absolute.endsWith('/') && absolute !== '/')) {
    throw new Refusal('EINVAL', 'doubled or trailing slash');
  }
  return absolute;
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
