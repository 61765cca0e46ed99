/**
 * Numbers of Xen's public interface that are the same in every release that xenRelease() knows (public/xen.h,
 * domctl.h, sysctl.h, memory.h, event_channel.h, sched.h, hvm/hvm_op.h, version.h).
 */

export const HYPERCALL = {
  memoryOp: 12,
  multicall: 13,
  xenVersion: 17,
  mmuextOp: 26,
  schedOp: 29,
  eventChannelOp: 32,
  hvmOp: 34,
  sysctl: 35,
  domctl: 36,
} as const;

export const DOMCTL = {
  createdomain: 1,
  destroydomain: 2,
  pausedomain: 3,
  unpausedomain: 4,
  getdomaininfo: 5,
  shadowOp: 10,
  maxMem: 11,
  setvcpucontext: 12,
  getvcpucontext: 13,
  getvcpuinfo: 14,
  maxVcpus: 15,
  schedulerOp: 16,
  resumedomain: 27,
  subscribe: 29,
  gethvmcontext: 33,
  sethvmcontext: 34,
  setAddressSize: 35,
  getAddressSize: 36,
  setExtVcpucontext: 42,
  getExtVcpucontext: 43,
  gettscinfo: 59,
  settscinfo: 60,
  getpageframeinfo3: 61,
  setvcpuextstate: 62,
  getvcpuextstate: 63,
  getVcpuMsrs: 72,
  setVcpuMsrs: 73,
  getCpuPolicy: 82,
  setCpuPolicy: 83,
} as const;

export const SYSCTL = { readconsole: 1, physinfo: 3, schedId: 4, getdomaininfolist: 6, getCpuPolicy: 29 } as const;

export const SHADOW_OP = { off: 0, enableLogDirty: 2, clean: 11, peek: 12, setAllocation: 31 } as const;
/** Also report pages that the hypervisor itself keeps mapped writable. */
export const SHADOW_LOGDIRTY_FINAL = 1;

export const SCHEDOP = { putInfo: 0, getInfo: 1 } as const;

export const MEMORY_OP = {
  decreaseReservation: 1,
  maximumRamPage: 2,
  machphysMfnList: 5,
  populatePhysmap: 6,
  maximumGpfn: 14,
  setPodTarget: 16,
  getPodTarget: 17,
  machphysCompatMfnList: 25,
} as const;

export const VERSION = { version: 0, extraversion: 1, capabilities: 3, commandline: 9 } as const;
export const EVTCHN_ALLOC_UNBOUND = 6;
export const SCHED_REMOTE_SHUTDOWN = 4;
export const HVM_OP = { setParam: 0, getParam: 1 } as const;
export const MMUEXT = { pinL1: 0, unpin: 4 } as const;
/** sysctl get_cpu_policy's indices. */
export const CPU_POLICY = { pv: 2, hvm: 3 } as const;
/** XENMEMF_populate_on_demand. */
export const MEMFLAG_ON_DEMAND = 1 << 16;
/** Of acquire_resource. */
export const RESOURCE_GRANT_TABLE = 1;

export const DOMINF = {
  dying: 0x1,
  hvm: 0x2,
  shutdown: 0x4,
  paused: 0x8,
  blocked: 0x10,
  running: 0x20,
  shutdownShift: 16,
  shutdownMask: 0xff,
} as const;

export const CDF = { hvm: 1 << 0, hap: 1 << 1, iommu: 1 << 5 } as const;
/** Everything of a PC but virtual PCI, which is for PVH control domains. */
export const EMULATE = { nothing: 0, lapic: 1 << 0, pc: 0x3ff } as const;
/** Bit of physinfo's capabilities. */
export const PHYSCAP_GRANT_V2 = 1 << 9;

/** By number (public/domctl.h); others are not named. */
export const SCHEDULERS: Readonly<Record<number, string>> = {
  5: 'credit',
  6: 'credit2',
  7: 'arinc653',
  8: 'rtds',
  9: 'null',
};
