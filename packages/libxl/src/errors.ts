/** libxl's error codes (libxl_types.idl, libxl_error); scripts know their numbers from xl's messages and exit codes. */
export const LIBXL_ERROR = {
  ERROR_NONSPECIFIC: -1,
  ERROR_VERSION: -2,
  ERROR_FAIL: -3,
  ERROR_NI: -4,
  ERROR_NOMEM: -5,
  ERROR_INVAL: -6,
  ERROR_BADFAIL: -7,
  ERROR_GUEST_TIMEDOUT: -8,
  ERROR_TIMEDOUT: -9,
  ERROR_NOPARAVIRT: -10,
  ERROR_NOT_READY: -11,
  ERROR_OSEVENT_REG_FAIL: -12,
  ERROR_BUFFERFULL: -13,
  ERROR_UNKNOWN_CHILD: -14,
  ERROR_LOCK_FAIL: -15,
  ERROR_JSON_CONFIG_EMPTY: -16,
  ERROR_DEVICE_EXISTS: -17,
  ERROR_CHECKPOINT_DEVOPS_DOES_NOT_MATCH: -18,
  ERROR_CHECKPOINT_DEVICE_NOT_SUPPORTED: -19,
  ERROR_VNUMA_CONFIG_INVALID: -20,
  ERROR_DOMAIN_NOTFOUND: -21,
  ERROR_ABORTED: -22,
  ERROR_NOTFOUND: -23,
  ERROR_DOMAIN_DESTROYED: -24,
  ERROR_FEATURE_REMOVED: -25,
  ERROR_PROTOCOL_ERROR_QMP: -26,
  ERROR_UNKNOWN_QMP_ERROR: -27,
  ERROR_QMP_GENERIC_ERROR: -28,
  ERROR_QMP_COMMAND_NOT_FOUND: -29,
  ERROR_QMP_DEVICE_NOT_ACTIVE: -30,
  ERROR_QMP_DEVICE_NOT_FOUND: -31,
  ERROR_QEMU_API: -32,
} as const;

export type LibxlErrorCode = keyof typeof LIBXL_ERROR;

/** What every call of this package rejects with. */
export class LibxlError extends Error {
  override readonly name = 'LibxlError';
  /** libxl's number for the code. */
  readonly rc: number;

  constructor(
    readonly code: LibxlErrorCode,
    message: string,
    readonly details: LibxlErrorDetails = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.rc = LIBXL_ERROR[code];
  }
}

export interface LibxlErrorDetails {
  readonly domid?: number;
  readonly cause?: unknown;
  /** What could not be undone after the failure, in words. */
  readonly cleanup?: readonly string[];
}

export function isLibxlError(e: unknown, ...codes: LibxlErrorCode[]): e is LibxlError {
  return e instanceof LibxlError && (codes.length === 0 || codes.includes(e.code));
}

/** Makes a LibxlError of whatever was thrown below; one that is one already stays as it is. */
export function libxlErrorOf(thrown: unknown, doing: string, domid?: number): LibxlError {
  if (thrown instanceof LibxlError) return thrown;
  const code = isAbort(thrown) ? 'ERROR_ABORTED' : 'ERROR_FAIL';
  return new LibxlError(code, `${doing}: ${textOf(thrown)}`, {
    cause: thrown,
    ...(domid === undefined ? {} : { domid }),
  });
}

export function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** @throws LibxlError ERROR_ABORTED when the signal has been aborted */
export function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LibxlError('ERROR_ABORTED', 'cancelled', { cause: signal.reason });
}

function isAbort(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  return thrown.name === 'AbortError' || ('code' in thrown && thrown.code === 'ABORTED');
}
