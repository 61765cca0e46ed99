import type { ByteReader } from '../bytes/byte-reader.js';

/** A file of a chain: it is read from its start, more than once, and its pages are read where they lie. */
export interface ChainFile {
  /** A new reader at the first byte, whose offsets are those of the file. */
  open(): Promise<ByteReader>;
  /** Fills `into` from the file's bytes at `offset`. @throws when there are fewer */
  readAt(offset: number, into: Uint8Array): Promise<void>;
}
