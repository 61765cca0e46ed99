import { HypervisorError } from '../../hypervisor/errors.js';
import {
  type CreateDomain,
  type DomainInfo,
  type Hypervisor,
  SHUTDOWN,
  type ShutdownReason,
} from '../../hypervisor/hypervisor.js';
import { DOMAIN_LIST, PHYSINFO, REMOTE_SHUTDOWN, SHADOW } from '../abi/layout.js';
import {
  CDF,
  DOMCTL,
  DOMINF,
  EMULATE,
  HYPERCALL,
  PHYSCAP_GRANT_V2,
  SCHED_REMOTE_SHUTDOWN,
  SHADOW_OP,
  SYSCTL,
} from '../abi/numbers.js';
import type { XenRelease } from '../abi/releases.js';
import { ARGUMENT_ADDRESS, type Call, type Hypercalls } from '../native/hypercalls.js';

type DomainOperations = Pick<
  Hypervisor,
  | 'listDomains'
  | 'domainInfo'
  | 'createDomain'
  | 'setMaxMemory'
  | 'setPagingMemory'
  | 'pause'
  | 'unpause'
  | 'destroyDomain'
  | 'resumeDomain'
  | 'shutdownDomain'
>;

/** Domains in one question (sysctl getdomaininfolist). */
const MAX_LISTED = 1024;
const KIB_PER_MIB = 1024;

const nothing = () => {};

export function domainOperations(xen: Hypercalls): DomainOperations {
  const simple = (operation: string, cmd: number, pace?: Call['pace']) => (domid: number) =>
    xen.domctl({ operation, domid, ...(pace === undefined ? {} : { pace }) }, cmd, nothing, nothing);
  const destroyDomain = simple('destroyDomain', DOMCTL.destroydomain, 'slow');

  return {
    async listDomains(first, max) {
      const count = Math.min(max, MAX_LISTED);
      const { size } = xen.layouts.domainInfo;
      return xen.buffers.with(count * size, ({ address, view }) =>
        xen.sysctl(
          { operation: 'listDomains' },
          SYSCTL.getdomaininfolist,
          (union) => {
            union.setUint16(DOMAIN_LIST.first, first, true);
            union.setUint32(DOMAIN_LIST.max, count, true);
            union.setBigUint64(DOMAIN_LIST.pointer, address, true);
          },
          (union) => {
            const found = union.getUint32(DOMAIN_LIST.count, true);
            return Array.from({ length: found }, (_, i) => domainInfo(xen.layouts, view, i * size));
          },
        ),
      );
    },

    domainInfo: (domid) =>
      xen.domctl({ operation: 'domainInfo', domid }, DOMCTL.getdomaininfo, nothing, (union) => {
        const info = domainInfo(xen.layouts, union, 0);
        // Old releases answered for the next domain that there is.
        if (info.domid === domid) return info;
        throw new HypervisorError('ESRCH', 'domainInfo', domid, 'there is no such domain');
      }),

    async createDomain(config) {
      const grantVersion = await bestGrantVersion(xen);
      const domid = await xen.domctl(
        { operation: 'createDomain', domid: config.domid ?? 0, pace: 'slow' },
        DOMCTL.createdomain,
        (union) => fillCreate(xen.layouts, union, config, grantVersion),
        (_union, structure) => structure.getUint16(DOMCTL_DOMID, true),
      );
      try {
        await xen.domctl(
          { operation: 'createDomain', domid, pace: 'slow' },
          DOMCTL.maxVcpus,
          (union) => union.setUint32(0, config.maxVcpus, true),
          nothing,
        );
        return domid;
      } catch (e) {
        await destroyDomain(domid);
        throw e;
      }
    },

    setMaxMemory: (domid, kib) =>
      xen.domctl(
        { operation: 'setMaxMemory', domid },
        DOMCTL.maxMem,
        (union) => union.setBigUint64(0, BigInt(kib), true),
        nothing,
      ),

    setPagingMemory: (domid, kib) =>
      xen.domctl(
        { operation: 'setPagingMemory', domid, pace: 'alone' },
        DOMCTL.shadowOp,
        (union) => {
          union.setUint32(SHADOW.op, SHADOW_OP.setAllocation, true);
          union.setUint32(SHADOW.mib, Math.ceil(kib / KIB_PER_MIB), true);
        },
        nothing,
      ),

    pause: simple('pause', DOMCTL.pausedomain, 'slow'),
    unpause: simple('unpause', DOMCTL.unpausedomain),
    destroyDomain,
    resumeDomain: simple('resumeDomain', DOMCTL.resumedomain),

    shutdownDomain: (domid, reason) =>
      xen.call(
        { operation: 'shutdownDomain', domid, pace: 'slow' },
        HYPERCALL.schedOp,
        [SCHED_REMOTE_SHUTDOWN, ARGUMENT_ADDRESS],
        {
          size: REMOTE_SHUTDOWN.size,
          fill: (argument) => {
            argument.setUint16(REMOTE_SHUTDOWN.domid, domid, true);
            argument.setUint32(REMOTE_SHUTDOWN.reason, reason, true);
          },
        },
        nothing,
      ),
  };
}

/** Where the hypervisor writes the new domain's domid. */
const DOMCTL_DOMID = 8;

function fillCreate(
  { createDomain: at }: XenRelease,
  union: DataView,
  config: CreateDomain,
  grantVersion: number,
): void {
  if (config.uuid.length !== 16) throw new HypervisorError('EINVAL', 'createDomain', undefined, 'a uuid has 16 bytes');
  new Uint8Array(union.buffer, union.byteOffset + at.uuid, 16).set(config.uuid);
  const { kind, hap, passthrough } = config;
  const flags = (kind === 'pv' ? 0 : CDF.hvm) | (kind !== 'pv' && hap ? CDF.hap : 0) | (passthrough ? CDF.iommu : 0);
  union.setUint32(at.flags, flags, true);
  union.setUint32(at.maxVcpus, config.maxVcpus, true);
  union.setUint32(at.maxEventChannel, config.maxEventChannel, true);
  union.setInt32(at.maxGrantFrames, config.maxGrantFrames, true);
  // The hypervisor's own default.
  union.setInt32(at.maxMaptrackFrames, -1, true);
  union.setUint32(at.grantOptions, grantVersion, true);
  const emulation = { pv: EMULATE.nothing, pvh: EMULATE.lapic, hvm: EMULATE.pc };
  union.setUint32(at.emulation, emulation[kind], true);
}

/** Guests may use version 2 of the grant table where the host has it, as libxl lets them. */
function bestGrantVersion(xen: Hypercalls): Promise<number> {
  return xen.sysctl(
    { operation: 'createDomain' },
    SYSCTL.physinfo,
    () => {},
    (union) => ((union.getUint32(PHYSINFO.capabilities, true) & PHYSCAP_GRANT_V2) === 0 ? 1 : 2),
  );
}

function domainInfo({ domainInfo: at }: XenRelease, view: DataView, base: number): DomainInfo {
  const u32 = (offset: number) => view.getUint32(base + offset, true);
  const u64 = (offset: number) => view.getBigUint64(base + offset, true);
  const flags = u32(at.flags);
  const has = (flag: number) => (flags & flag) !== 0;
  const shutdown = has(DOMINF.shutdown);
  const reason = (flags >>> DOMINF.shutdownShift) & DOMINF.shutdownMask;
  return {
    domid: view.getUint16(base + at.domid, true),
    uuid: new Uint8Array(view.buffer, view.byteOffset + base + at.uuid, 16).slice(),
    hvm: has(DOMINF.hvm),
    dying: has(DOMINF.dying),
    shutdown,
    shutdownReason: shutdown ? shutdownReason(reason) : undefined,
    paused: has(DOMINF.paused),
    blocked: has(DOMINF.blocked),
    running: has(DOMINF.running),
    totalPages: Number(u64(at.totalPages)),
    maxPages: Number(u64(at.maxPages)),
    sharedInfoFrame: Number(u64(at.sharedInfoFrame)),
    cpuTime: u64(at.cpuTime),
    onlineVcpus: u32(at.onlineVcpus),
    maxVcpuId: view.getInt32(base + at.maxVcpuId, true),
    heldBecause: undefined,
  };
}

/** A reason without a name counts as a crash: nothing about such a guest is to be relied on. */
function shutdownReason(reason: number): ShutdownReason {
  const known: readonly number[] = Object.values(SHUTDOWN);
  return known.includes(reason) ? (reason as ShutdownReason) : SHUTDOWN.crash;
}
