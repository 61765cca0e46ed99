/**
 * Offsets in the structures that go in and out of the hypervisor on x86-64, little-endian. Those that a release may
 * change belong to a release (releases.ts); these have been the same for all that it knows.
 */

/** struct multicall_entry: the result is a whole 64-bit word, negative: -errno. */
export const MULTICALL = { size: 64, op: 0, result: 8, args: 16 } as const;

/** struct xen_domctl and what it has in its union, from the union's start. */
export const DOMCTL_HEAD = { size: 144, cmd: 0, version: 4, domid: 8, union: 16 } as const;
/** struct xen_sysctl. */
export const SYSCTL_HEAD = { size: 136, cmd: 0, version: 4, union: 8 } as const;

export const SHADOW = { op: 0, mode: 4, mib: 8, bitmap: 16, pages: 24, faults: 32, dirty: 36 } as const;
export const SCHEDULER = { id: 0, cmd: 4, weight: 8, cap: 10 } as const;
export const VCPU_CONTEXT = { vcpu: 0, pointer: 8 } as const;
/** Room for the context of the widest guest. */
export const VCPU_CONTEXT_ROOM = 5168;
export const VCPU_INFO = { vcpu: 0, online: 4, blocked: 5, running: 6, cpuTime: 8, cpu: 16 } as const;
export const HVM_CONTEXT = { size: 0, pointer: 8 } as const;
export const EXT_CONTEXT = { vcpu: 0, size: 4, room: 128 } as const;
export const XSAVE = { vcpu: 0, mask: 8, size: 16, pointer: 24 } as const;
export const VCPU_MSRS = { vcpu: 0, count: 4, pointer: 8, entrySize: 16 } as const;
export const TSC_INFO = { mode: 0, khz: 4, incarnation: 8, nsec: 16 } as const;
export const PAGE_FRAME_INFO = { count: 0, pointer: 8 } as const;
export const POLICY = {
  leafCount: 0,
  msrCount: 4,
  leaves: 8,
  msrs: 16,
  errorLeaf: 24,
  errorSubleaf: 28,
  errorMsr: 32,
  leafSize: 24,
  msrSize: 16,
} as const;

export const SYSCTL_POLICY = { index: 0, leafCount: 4, msrCount: 8, leaves: 16, msrs: 24 } as const;
export const PHYSINFO = {
  nrCpus: 8,
  cpuKhz: 24,
  capabilities: 28,
  totalPages: 40,
  freePages: 48,
  hwCaps: 80,
  hwCapsCount: 8,
} as const;
export const READ_CONSOLE = { clear: 0, incremental: 1, index: 4, pointer: 8, count: 16 } as const;
export const DOMAIN_LIST = { first: 0, max: 4, pointer: 8, count: 16 } as const;

export const RESERVATION = { size: 32, extents: 0, count: 8, order: 16, flags: 20, domid: 24 } as const;
/** struct xen_pod_target. */
export const POD_TARGET = { size: 40, target: 0, total: 8, cache: 16, entries: 24, domid: 32 } as const;
export const MFN_LIST = { size: 24, max: 0, pointer: 8, count: 16 } as const;
export const MMUEXT_OP = { size: 24, cmd: 0, mfn: 8 } as const;
export const HVM_PARAM_OP = { size: 16, domid: 0, index: 4, value: 8 } as const;
export const REMOTE_SHUTDOWN = { size: 8, domid: 0, reason: 4 } as const;
export const ALLOC_UNBOUND = { size: 8, domid: 0, remote: 2, port: 4 } as const;
