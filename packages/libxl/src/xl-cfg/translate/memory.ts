import { toUint64 } from '../c-numbers.js';
import type { Translation } from '../translation.js';

/** Sets a size in KiB from a key in MiB. */
export function putMemory<K extends string>(
  { lookup }: Translation,
  key: string,
  target: { [M in K]?: number | bigint },
  member: K,
): void {
  const mebibytes = lookup.long(key);
  if (mebibytes !== undefined) target[member] = toUint64(mebibytes * 1024n);
}

/** LIBXL_MEMKB_DEFAULT, or nothing. */
export const isLeftToLibxl = (memkb: number | bigint | undefined): boolean =>
  memkb === undefined || memkb === 0xffff_ffff_ffff_ffffn;
