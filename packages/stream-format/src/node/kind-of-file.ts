import { type BigIntStats, fstatSync } from 'node:fs';

/**
 * What a descriptor is open to. With big integers, since Node (20 to 24) keeps the other form of its last answer where
 * realpathSync() looks for the kind of a directory: after a pipe or a socket it would follow no symbolic links, and a
 * package that is imported then is looked for in the wrong place.
 */
export function kindOfFile(fd: number): Pick<BigIntStats, 'isFile' | 'isFIFO' | 'isSocket'> {
  return fstatSync(fd, { bigint: true });
}
