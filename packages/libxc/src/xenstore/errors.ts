/** The error names that xenstored answers with (public/io/xs_wire.h, xsd_errors). */
export const XENSTORE_ERRNOS = [
  'EINVAL',
  'EACCES',
  'EEXIST',
  'EISDIR',
  'ENOENT',
  'ENOMEM',
  'ENOSPC',
  'EIO',
  'ENOTEMPTY',
  'ENOSYS',
  'EROFS',
  'EBUSY',
  'EAGAIN',
  'EISCONN',
  'E2BIG',
  'EPERM',
] as const;

export type XenstoreErrno = (typeof XENSTORE_ERRNOS)[number];

/** What a client meets besides xenstored's own answers. */
export type ConnectionErrno = 'ENOTCONN' | 'ECONNREFUSED' | 'EPROTO';

export interface XenstoreErrorPlace {
  /** The request, by its name in the protocol, e.g. 'READ'. */
  readonly operation: string;
  readonly path?: string | undefined;
}

/** A request that xenstored refused, or that could not be made. */
export class XenstoreError extends Error {
  override readonly name = 'XenstoreError';
  readonly operation: string;
  readonly path: string | undefined;

  constructor(
    readonly code: XenstoreErrno | ConnectionErrno,
    place: XenstoreErrorPlace,
    detail?: string,
    options?: ErrorOptions,
  ) {
    const what = place.path === undefined ? place.operation : `${place.operation} ${place.path}`;
    super(`xenstore: ${what}: ${detail === undefined ? code : `${detail} (${code})`}`, options);
    this.operation = place.operation;
    this.path = place.path;
  }
}

export function isXenstoreError(e: unknown, ...codes: XenstoreError['code'][]): e is XenstoreError {
  return e instanceof XenstoreError && (codes.length === 0 || codes.includes(e.code));
}

/** A request that the server refuses; becomes an ERROR message. */
export class Refusal extends Error {
  constructor(
    readonly code: XenstoreErrno,
    detail?: string,
  ) {
    super(detail === undefined ? code : `${detail} (${code})`);
  }
}

export function isXenstoreErrno(text: string): text is XenstoreErrno {
  return (XENSTORE_ERRNOS as readonly string[]).includes(text);
}
