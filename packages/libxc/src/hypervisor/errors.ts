/** The errno names that hypervisor operations answer with; the numbers are Xen's own (public/errno.h). */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
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
  EOVERFLOW: 75,
  EILSEQ: 84,
  EUSERS: 87,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
} as const;

export type Errno = keyof typeof ERRNO;

const NAMES = new Map<number, Errno>(Object.entries(ERRNO).map(([name, number]) => [number, name as Errno]));

/** The name of a number that a hypervisor answered with; what has no name here counts as EIO. */
export function errnoName(number: number): Errno {
  return NAMES.get(number) ?? 'EIO';
}

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

/** A page table that the hypervisor has validated and refused; what it says depends on what is wrong (Xen, arch/x86/mm.c). */
export function isTableRefusal(e: unknown): e is HypervisorError {
  return isHypervisorError(e, 'EINVAL', 'EBUSY', 'EACCES', 'EPERM');
}

export function isHypervisorError(e: unknown, ...codes: Errno[]): e is HypervisorError {
  return e instanceof HypervisorError && (codes.length === 0 || codes.includes(e.code));
}
