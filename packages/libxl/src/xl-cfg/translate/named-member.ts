import { type Enumeration, enumFromName } from '../../config/index.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';

/** The member of libxl's enumeration that a key names; refuses another name with stock's `ERROR: invalid value`. */
export function namedMember<E extends Enumeration>(
  t: Translation,
  key: string,
  enumeration: E,
): (keyof E & string) | undefined {
  const name = t.lookup.string(key);
  if (name === undefined) return undefined;
  const member = enumFromName(enumeration, name);
  if (member === undefined) throw invalidValue(t, key, name);
  return member;
}

export function invalidValue(t: Translation, key: string, value: string): Error {
  return t.refuse(EXIT_FAILURE, `ERROR: invalid value "${value}" for "${key}"`);
}
