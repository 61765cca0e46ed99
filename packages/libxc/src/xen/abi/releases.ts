import { HypervisorError } from '../../hypervisor/errors.js';

/** What Xen may change from one release to the next: the toolstack's interface carries a version for that. */
export interface XenRelease {
  readonly domctlVersion: number;
  readonly sysctlVersion: number;
  /** struct xen_domctl_getdomaininfo. */
  readonly domainInfo: {
    readonly size: number;
    readonly domid: number;
    readonly flags: number;
    readonly totalPages: number;
    readonly maxPages: number;
    readonly sharedInfoFrame: number;
    readonly cpuTime: number;
    readonly onlineVcpus: number;
    readonly maxVcpuId: number;
    readonly uuid: number;
  };
  /** struct xen_domctl_createdomain. */
  readonly createDomain: {
    readonly uuid: number;
    readonly flags: number;
    readonly maxVcpus: number;
    readonly maxEventChannel: number;
    readonly maxGrantFrames: number;
    readonly maxMaptrackFrames: number;
    readonly grantOptions: number;
    readonly emulation: number;
  };
}

const XEN_4_17: XenRelease = {
  domctlVersion: 0x15,
  sysctlVersion: 0x15,
  domainInfo: {
    size: 112,
    domid: 0,
    flags: 4,
    totalPages: 8,
    maxPages: 16,
    sharedInfoFrame: 48,
    cpuTime: 56,
    onlineVcpus: 64,
    maxVcpuId: 68,
    uuid: 76,
  },
  createDomain: {
    uuid: 4,
    flags: 20,
    maxVcpus: 28,
    maxEventChannel: 32,
    maxGrantFrames: 36,
    maxMaptrackFrames: 40,
    grantOptions: 44,
    emulation: 56,
  },
};

/** Releases that were run; another one is added when it has been, too. */
const RELEASES: Readonly<Record<string, XenRelease>> = { '4.17': XEN_4_17 };

/** @throws HypervisorError EOPNOTSUPP for a release whose structures are not known here */
export function xenRelease(major: number, minor: number): XenRelease {
  const release = RELEASES[`${major}.${minor}`];
  if (release !== undefined) return release;
  const known = Object.keys(RELEASES).join(', ');
  throw new HypervisorError('EOPNOTSUPP', 'info', undefined, `this is Xen ${major}.${minor}; known here: ${known}`);
}
