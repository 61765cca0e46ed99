export type ChainErrorCode =
  /** No files at all. */
  | 'EMPTY'
  /** The first file is no base, or a file is no save of a chain. */
  | 'NOT_A_SNAPSHOT'
  /** A file does not build upon the one before it. */
  | 'WRONG_PARENT'
  /** The files are of different guests. */
  | 'DIFFERENT_GUESTS'
  /** A page of the guest is in no file of the chain. */
  | 'MISSING_PAGE'
  /** A record of the chain's own contradicts itself, or is missing. */
  | 'BAD_RECORD'
  | 'BAD_ID'
  /** A checkpointed stream, or one of another byte order. */
  | 'UNSUPPORTED';

/** Files that are no chain of incremental saves. `file`: its index, from 0. */
export class ChainError extends Error {
  override readonly name = 'ChainError';
  constructor(
    readonly code: ChainErrorCode,
    message: string,
    readonly file?: number,
  ) {
    super(file === undefined ? message : `file ${file + 1} of the chain: ${message}`);
  }
}
