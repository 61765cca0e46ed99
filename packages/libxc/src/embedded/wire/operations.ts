import {
  type CpuPolicy,
  type CreateDomain,
  type DomainInfo,
  type HostInfo,
  type LogDirtyStats,
  type MmuExtOp,
  type PodTarget,
  type SchedulerCredit,
  SHUTDOWN,
  type ShutdownReason,
  type TscInfo,
  type VcpuInfo,
} from '../../hypervisor/hypervisor.js';
import {
  bool,
  bytes,
  type Codec,
  type CodecValue,
  frameList,
  list,
  nothing,
  number,
  oneOf,
  optional,
  struct,
  text,
  u8,
  u32,
  u64,
} from './codec.js';

/**
 * All operations between a client and its host, declared once: what they are called, what they take and what they
 * answer. The client's hypervisor, the daemon's dispatch and the codec of the socket follow from this table. Guest
 * memory is never part of it: mapping answers machine frames, and the client maps those itself.
 */

interface Operation<A extends readonly unknown[], R> {
  readonly args: { readonly [I in keyof A]: Codec<A[I]> };
  readonly result: Codec<R>;
}

function operation<A extends readonly unknown[], R>(
  args: { readonly [I in keyof A]: Codec<A[I]> },
  result: Codec<R>,
): Operation<A, R> {
  return { args, result };
}

/** What a foreign mapping is to the host: references, held until it is unmapped or its client is gone. */
export interface MappedFrames {
  readonly id: number;
  /** The machine frame of each; INVALID_FRAME where `errors` says why not. */
  readonly mfns: Float64Array;
  /** Errno per frame. */
  readonly errors: Uint8Array;
}

export interface DirtyBitmap {
  readonly stats: LogDirtyStats;
  readonly bitmap: Uint8Array;
}

const domid = u32;
const vcpu = u32;
const kind = oneOf('pv', 'hvm', 'pvh');

const reason: Codec<ShutdownReason> = oneOf(
  SHUTDOWN.poweroff,
  SHUTDOWN.reboot,
  SHUTDOWN.suspend,
  SHUTDOWN.crash,
  SHUTDOWN.watchdog,
  SHUTDOWN.softReset,
);
const width = oneOf(8, 4);

const hostInfo = struct<HostInfo>({
  major: u32,
  minor: u32,
  extra: text,
  capabilities: text,
  nrCpus: u32,
  cpuKhz: u32,
  totalPages: number,
  freePages: number,
  commandLine: text,
  scheduler: text,
  hwCaps: list(u32),
  notice: text,
});

const domainInfo = struct<DomainInfo>({
  domid: u32,
  uuid: bytes,
  hvm: bool,
  dying: bool,
  shutdown: bool,
  shutdownReason: optional(reason),
  paused: bool,
  blocked: bool,
  running: bool,
  totalPages: number,
  maxPages: number,
  sharedInfoFrame: number,
  cpuTime: u64,
  onlineVcpus: u32,
  maxVcpuId: number,
  heldBecause: optional(text),
});

const createDomain = struct<CreateDomain>({
  kind,
  uuid: bytes,
  maxVcpus: u32,
  maxGrantFrames: u32,
  maxEventChannel: u32,
  hap: bool,
  passthrough: bool,
  domid: optional(u32),
});

const mappedFrames = struct<MappedFrames>({ id: u32, mfns: frameList, errors: bytes });
const mmuExtOp = struct<MmuExtOp>({ op: oneOf('pin', 'unpin'), level: oneOf(1, 2, 3, 4), mfn: number });
const dirtyBitmap = struct<DirtyBitmap>({
  stats: struct<LogDirtyStats>({ pages: number, faults: number, dirty: number }),
  bitmap: bytes,
});
const podTarget = struct<PodTarget>({ entries: number, cachePages: number });
const schedulerCredit = struct<SchedulerCredit>({ weight: u32, cap: u32 });
const vcpuInfo = struct<VcpuInfo>({ online: bool, blocked: bool, running: bool, cpuTime: u64, cpu: u32 });
const tscInfo = struct<TscInfo>({ mode: u32, khz: u32, nsec: u64, incarnation: u32 });
const cpuPolicy = struct<CpuPolicy>({ leaves: bytes, msrs: bytes });

export const OPERATIONS = {
  info: operation([], hostInfo),
  consoleRing: operation([], text),
  listDomains: operation([u32, u32], list(domainInfo)),
  domainInfo: operation([domid], domainInfo),
  createDomain: operation([createDomain], u32),
  setMaxMemory: operation([domid, number], nothing),
  setPagingMemory: operation([domid, number], nothing),
  pause: operation([domid], nothing),
  unpause: operation([domid], nothing),
  destroyDomain: operation([domid], nothing),
  resumeDomain: operation([domid], nothing),
  shutdownDomain: operation([domid, reason], nothing),

  schedulerCredit: operation([domid], schedulerCredit),
  setSchedulerCredit: operation([domid, schedulerCredit], nothing),

  maximumGpfn: operation([domid], number),
  maximumRamPage: operation([], number),
  machphysMfnList: operation([u32], frameList),
  machphysCompatMfn: operation([], number),
  populatePhysmap: operation([domid, frameList, u32], frameList),
  decreaseReservation: operation([domid, frameList], number),
  populateOnDemand: operation([domid, frameList, u32], number),
  podTarget: operation([domid], podTarget),
  setPodTarget: operation([domid, number], nothing),
  mapForeign: operation([domid, frameList, oneOf('read', 'write')], mappedFrames),
  mapGrantTable: operation([domid], mappedFrames),
  unmap: operation([u32], nothing),
  pageTypes: operation([domid, frameList], bytes),
  mmuExt: operation([domid, list(mmuExtOp)], nothing),

  enableLogDirty: operation([domid], nothing),
  disableLogDirty: operation([domid], nothing),
  logDirty: operation([domid, oneOf('clean', 'peek'), number, bool], dirtyBitmap),

  vcpuInfo: operation([domid, vcpu], vcpuInfo),
  guestWidth: operation([domid], width),
  setGuestWidth: operation([domid, width], nothing),
  vcpuContext: operation([domid, vcpu], bytes),
  setVcpuContext: operation([domid, vcpu, optional(bytes)], nothing),
  vcpuExtendedContext: operation([domid, vcpu], bytes),
  setVcpuExtendedContext: operation([domid, vcpu, bytes], nothing),
  vcpuXsave: operation([domid, vcpu], bytes),
  setVcpuXsave: operation([domid, vcpu, bytes], nothing),
  vcpuMsrs: operation([domid, vcpu], bytes),
  setVcpuMsrs: operation([domid, vcpu, bytes], nothing),

  hvmContext: operation([domid], bytes),
  setHvmContext: operation([domid, bytes], nothing),
  hvmParam: operation([domid, u32], u64),
  setHvmParam: operation([domid, u32, u64], nothing),

  tscInfo: operation([domid], tscInfo),
  setTscInfo: operation([domid, tscInfo], nothing),
  cpuPolicy: operation([domid], cpuPolicy),
  hostCpuPolicy: operation([oneOf('pv', 'hvm')], cpuPolicy),
  setCpuPolicy: operation([domid, cpuPolicy], nothing),

  allocUnboundPort: operation([domid, domid], u32),
  subscribeSuspend: operation([domid, u32], nothing),
  openEventChannels: operation([], u32),
  closeEventChannels: operation([u32], nothing),
  bindInterdomain: operation([u32, domid, u32], u32),
  bindVirq: operation([u32, u8], u32),
  notify: operation([u32, u32], nothing),
  unbind: operation([u32, u32], nothing),
  /** Answered when a port has fired. One at a time for each event channel connection. */
  pendingPort: operation([u32], u32),
} as const;

export type OperationName = keyof typeof OPERATIONS;
export const OPERATION_NAMES = Object.keys(OPERATIONS) as OperationName[];

type ArgsOf<O> = O extends Operation<infer A, unknown> ? A : never;
type ResultOf<O> = O extends { readonly result: infer C } ? CodecValue<C> : never;
export type OperationArgs<N extends OperationName> = ArgsOf<(typeof OPERATIONS)[N]>;
export type OperationResult<N extends OperationName> = ResultOf<(typeof OPERATIONS)[N]>;
