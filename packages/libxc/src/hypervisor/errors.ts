/** The errno names that hypervisor operations answer with; the numbers are Xen's own (public/errno.h). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  E2BIG: 7,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  EINVAL: 22,
  ENOSPC: 28,
  ERANGE: 34,
  ENOSYS: 38,
  ENODATA: 61,
  EOPNOTSUPP: 95,
  ENOTCONN: 107,
} as const;

export type Errno = keyof typeof ERRNO;

/** A hypervisor operation that failed: which one, on which domain, with Xen's errno. */
export class HypervisorError extends Error {
  override readonly name = 'HypervisorError';
  constructor(
    readonly code: Errno,
    /** The operation, by its name in this interface, e.g. 'pageTypes'. */
    readonly operation: string,
    readonly domid: number | undefined,
    detail: string,
  ) {
    super(`${operation}${domid === undefined ? '' : ` of domain ${domid}`}: ${detail} (${code})`);
  }
}

export function isHypervisorError(e: unknown, ...codes: Errno[]): e is HypervisorError {
  return e instanceof HypervisorError && (codes.length === 0 || codes.includes(e.code));
}
