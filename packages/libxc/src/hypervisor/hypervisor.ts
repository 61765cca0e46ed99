import type { FrameList } from './frames.js';

/**
 * The one interface through which everything touches a hypervisor, at the level of Xen's own operations
 * (domctl, sysctl, memory_op, mmuext_op, hvm_op, foreignmemory, evtchn). Every call may block in the hypervisor, so
 * every call is asynchronous. Failures are HypervisorError with Xen's errno. An implementation holds no policy:
 * what the algorithms of save, restore and build need to decide is decided there.
 */
export interface Hypervisor {
  /** XENVER_version, _extraversion, _capabilities and the physinfo sysctl. */
  info(): Promise<HostInfo>;
  /** The hypervisor's message ring (sysctl readconsole). */
  consoleRing(): Promise<string>;

  // --- domains
  /** Domains with domid >= first, ascending, at most `max` (sysctl getdomaininfolist). */
  listDomains(first: number, max: number): Promise<DomainInfo[]>;
  /** @throws ESRCH */
  domainInfo(domid: number): Promise<DomainInfo>;
  /** Makes an empty, controller-paused domain with its vcpus allocated (createdomain). @throws ENOMEM, EINVAL, EEXIST */
  createDomain(config: CreateDomain): Promise<number>;
  /** Upper limit of the domain's memory in KiB (max_mem). */
  setMaxMemory(domid: number, kib: number): Promise<void>;
  /**
   * Memory of the hypervisor's own for an HVM domain's second-level page tables, in KiB (shadow_op SET_ALLOCATION). A
   * domain without enough of it is refused further frames.
   */
  setPagingMemory(domid: number, kib: number): Promise<void>;
  /** Controller pause, counted. It returns when no vcpu runs. */
  pause(domid: number): Promise<void>;
  unpause(domid: number): Promise<void>;
  /** Ends the domain and frees all that it owns. Restartable in Xen, finished here when it resolves. */
  destroyDomain(domid: number): Promise<void>;
  /** Clears the shutdown state and lets the vcpus run again (resumedomain); nothing happens to a domain that is up. */
  resumeDomain(domid: number): Promise<void>;
  /** SCHEDOP_remote_shutdown. */
  shutdownDomain(domid: number, reason: ShutdownReason): Promise<void>;

  // --- scheduling (XEN_DOMCTL_scheduler_op of the credit schedulers)
  /** @throws EINVAL, EOPNOTSUPP where the host's scheduler knows no such thing */
  schedulerCredit(domid: number): Promise<SchedulerCredit>;
  setSchedulerCredit(domid: number, credit: SchedulerCredit): Promise<void>;

  // --- memory
  /** XENMEM_maximum_gpfn: the highest gfn in use. For a PV domain its reported max_pfn. */
  maximumGpfn(domid: number): Promise<number>;
  /** XENMEM_maximum_ram_page: the highest mfn of the host. */
  maximumRamPage(): Promise<number>;
  /** XENMEM_machphys_mfn_list: first mfn of each 2 MiB extent of the machine-to-phys table. */
  machphysMfnList(maxExtents: number): Promise<FrameList>;
  /** First mfn of the compat machine-to-phys table. @throws EOPNOTSUPP where the host has no 32-bit PV */
  machphysCompatMfn(): Promise<number>;
  /**
   * Allocates one extent of 2^order frames for each entry. `pfns` says where they appear (HVM) or what the M2P shall
   * say of them (PV). Answers the base gfns of the extents made: fewer than asked where memory or the domain's limit
   * ran out; that is no error (as XENMEM_populate_physmap). Contents are scrubbed, but not promised to be zero.
   */
  populatePhysmap(domid: number, pfns: FrameList, order: number): Promise<FrameList>;
  /** Gives frames back (XENMEM_decrease_reservation). Answers how many were freed. */
  decreaseReservation(domid: number, gfns: FrameList): Promise<number>;
  /**
   * Makes entries of an HVM domain's physmap that get a frame at their first use (populate_physmap with
   * XENMEMF_populate_on_demand): extents of 2^order frames. Answers how many extents were made.
   */
  populateOnDemand(domid: number, pfns: FrameList, order: number): Promise<number>;
  /**
   * How many such entries an HVM domain has, and frames for them (XENMEM_get_pod_target). Whoever asks for the type of
   * such an entry, or maps it, uses it; when no frame is left then, the domain crashes.
   *
   * @throws ENOSYS, EOPNOTSUPP where the host has no such thing
   */
  podTarget(domid: number): Promise<PodTarget>;
  /** What the domain is to have in all, in frames: its cache is filled, or emptied, to that (XENMEM_set_pod_target). @throws ENOMEM */
  setPodTarget(domid: number, pages: number): Promise<void>;
  /**
   * Maps frames of a domain (or of DOMID_XEN) into this process. A frame that can't be mapped has its errno in
   * `errors`. A writable mapping of a PV frame takes a writable type reference: page tables refuse it (EINVAL).
   */
  mapForeign(domid: number, gfns: FrameList, access: 'read' | 'write'): Promise<ForeignMapping>;
  /** Frame 0 of the guest's grant table, writable (acquire_resource). */
  mapGrantTable(domid: number): Promise<ForeignMapping>;
  /** Page types of at most 1024 frames, as the nibble of PFINFO (bits 28..31). @throws E2BIG above 1024 */
  pageTypes(domid: number, gfns: FrameList): Promise<Uint8Array>;
  /** Pins or unpins page tables. @throws EINVAL naming the first that failed validation */
  mmuExt(domid: number, ops: readonly MmuExtOp[]): Promise<void>;

  // --- log-dirty (XEN_DOMCTL_shadow_op)
  enableLogDirty(domid: number): Promise<void>;
  disableLogDirty(domid: number): Promise<void>;
  /**
   * Copies `pages` bits into `bitmap` (bit n is byte n>>3, bit n&7); 'clean' then zeroes bitmap and counters and
   * tracks anew, 'peek' leaves all. `final` also reports pages that stay writable for the hypervisor itself.
   */
  logDirty(
    domid: number,
    op: 'clean' | 'peek',
    bitmap: Uint8Array,
    pages: number,
    final: boolean,
  ): Promise<LogDirtyStats>;

  // --- vcpus
  vcpuInfo(domid: number, vcpu: number): Promise<VcpuInfo>;
  /** Bytes of a PV guest's word: 4 or 8. @throws EOPNOTSUPP for HVM */
  guestWidth(domid: number): Promise<4 | 8>;
  /** @throws EACCES once the domain owns a frame, EOPNOTSUPP without 32-bit PV */
  setGuestWidth(domid: number, width: 4 | 8): Promise<void>;
  /**
   * vcpu_guest_context: 5168 bytes (64-bit, and of HVM vcpus), 2800 (32-bit). @throws ENODATA when never initialised
   */
  vcpuContext(domid: number, vcpu: number): Promise<Uint8Array>;
  /** null resets the vcpu. Loading validates CR3 recursively. Of an HVM vcpu the user registers alone are loaded. */
  setVcpuContext(domid: number, vcpu: number, context: Uint8Array | null): Promise<void>;
  /** The ext_vcpucontext domctl's bytes (64 in 4.17); empty where there is none. */
  vcpuExtendedContext(domid: number, vcpu: number): Promise<Uint8Array>;
  /** Up to 128 bytes: what follows the structure is not looked at. */
  setVcpuExtendedContext(domid: number, vcpu: number, context: Uint8Array): Promise<void>;
  /** xcr0, xcr0_accum, XSAVE area; empty where there is none. */
  vcpuXsave(domid: number, vcpu: number): Promise<Uint8Array>;
  setVcpuXsave(domid: number, vcpu: number, area: Uint8Array): Promise<void>;
  /** 16-byte {index u32, reserved u32, value u64} entries; empty where there are none. */
  vcpuMsrs(domid: number, vcpu: number): Promise<Uint8Array>;
  setVcpuMsrs(domid: number, vcpu: number, msrs: Uint8Array): Promise<void>;

  // --- HVM
  hvmContext(domid: number): Promise<Uint8Array>;
  setHvmContext(domid: number, context: Uint8Array): Promise<void>;
  hvmParam(domid: number, index: number): Promise<bigint>;
  setHvmParam(domid: number, index: number, value: bigint): Promise<void>;

  // --- time and CPU policy
  tscInfo(domid: number): Promise<TscInfo>;
  setTscInfo(domid: number, tsc: TscInfo): Promise<void>;
  /** 24-byte CPUID leaves and 16-byte MSR entries, serialised as in the stream. */
  cpuPolicy(domid: number): Promise<CpuPolicy>;
  /** What this host could give a guest of that kind at most (sysctl get_cpu_policy). */
  hostCpuPolicy(kind: 'pv' | 'hvm'): Promise<CpuPolicy>;
  /** @throws EINVAL with the offending leaf or MSR in its text, EEXIST once the domain has run */
  setCpuPolicy(domid: number, policy: CpuPolicy): Promise<void>;

  // --- event channels
  /** Opens a connection to the event channel driver; ports bound through it end with it. */
  openEventChannels(): Promise<EventChannels>;
  /** A port of `domid` that `remote` may bind to (EVTCHNOP_alloc_unbound). */
  allocUnboundPort(domid: number, remote: number): Promise<number>;
  /** Shutdown of `domid` for suspend fires this guest port rather than VIRQ_DOM_EXC. */
  subscribeSuspend(domid: number, port: number): Promise<void>;

  close(): Promise<void>;
}

/** Xen's own frames (M2P) are mapped as frames of this domain. */
export const DOMID_XEN = 0x7ff2;

/** VIRQ that fires when a domain shuts down, crashes or is gone. */
export const VIRQ_DOM_EXC = 3;

export const SHUTDOWN = { poweroff: 0, reboot: 1, suspend: 2, crash: 3, watchdog: 4, softReset: 5 } as const;
export type ShutdownReason = (typeof SHUTDOWN)[keyof typeof SHUTDOWN];

export interface HostInfo {
  readonly major: number;
  readonly minor: number;
  /** e.g. '.7' */
  readonly extra: string;
  /** e.g. 'xen-3.0-x86_64 hvm-3.0-x86_64 ' */
  readonly capabilities: string;
  readonly nrCpus: number;
  readonly cpuKhz: number;
  /** Frames. */
  readonly totalPages: number;
  readonly freePages: number;
  readonly commandLine: string;
  /** 'credit2', ... */
  readonly scheduler: string;
  /** Words of xl info's hw_caps line. */
  readonly hwCaps: readonly number[];
  /**
   * Words for the person at the console when this host can hold but not run some guests (the embedded host executes
   * its own guest programs only, no x86 code). Empty on real Xen. No algorithm reads it.
   */
  readonly notice: string;
}

export interface CreateDomain {
  readonly kind: 'pv' | 'hvm' | 'pvh';
  /** 16 bytes. */
  readonly uuid: Uint8Array;
  readonly maxVcpus: number;
  readonly maxGrantFrames: number;
  readonly maxEventChannel: number;
  /** PV superpages, HAP, IOMMU: flags of createdomain. */
  readonly hap: boolean;
  readonly passthrough: boolean;
  /** Asked domid; 0 or absent: the next free one. */
  readonly domid?: number;
}

export interface DomainInfo {
  readonly domid: number;
  readonly uuid: Uint8Array;
  readonly hvm: boolean;
  readonly dying: boolean;
  readonly shutdown: boolean;
  /** Only where `shutdown`. */
  readonly shutdownReason: ShutdownReason | undefined;
  /** Paused by the controller (not: shut down). */
  readonly paused: boolean;
  readonly blocked: boolean;
  readonly running: boolean;
  readonly totalPages: number;
  readonly maxPages: number;
  /** mfn for PV, gfn for HVM. */
  readonly sharedInfoFrame: number;
  /** Nanoseconds, all vcpus. */
  readonly cpuTime: bigint;
  readonly onlineVcpus: number;
  /** -1: none. */
  readonly maxVcpuId: number;
  /**
   * Why this host holds the domain without executing it; undefined for a domain whose vcpus run. Always undefined on
   * real Xen. It is for people (`xl list`); no algorithm reads it.
   */
  readonly heldBecause: string | undefined;
}

/** Frames of another domain in this process. Views end with unmap(). */
export interface ForeignMapping {
  readonly count: number;
  /** Errno per frame; 0: mapped. */
  readonly errors: Uint8Array;
  /** 4096 bytes of frame i, live. @throws when that frame has an error */
  page(i: number): Uint8Array;
  /** Frames [from, to) as few views as can be: what lies side by side is merged. */
  runs(from: number, to: number): Uint8Array[];
  /**
   * The contents of frames [from, to), in order: the views of runs() or, where memory comes quicker so, a copy in `room`,
   * which is as large.
   */
  read(from: number, to: number, room: Uint8Array): Promise<readonly Uint8Array[]>;
  /**
   * Fills whole frames from `from` on, of a writable mapping. Memory that was never touched comes quicker so than through
   * the views. The contents must not change until it resolves.
   */
  write(from: number, contents: Uint8Array): Promise<void>;
  unmap(): Promise<void>;
}

/** Populate-on-demand of a domain. */
export interface PodTarget {
  /** Entries of its physmap that have no frame yet. */
  readonly entries: number;
  /** Frames that are kept for them. */
  readonly cachePages: number;
}

export interface MmuExtOp {
  readonly op: 'pin' | 'unpin';
  /** 1..4; for unpin not read. */
  readonly level: 1 | 2 | 3 | 4;
  readonly mfn: number;
}

export interface LogDirtyStats {
  /** Pages that the hypervisor tracks (must equal what was asked for). */
  readonly pages: number;
  readonly faults: number;
  readonly dirty: number;
}

export interface SchedulerCredit {
  /** Share of the CPUs against other domains; Xen gives 256. */
  readonly weight: number;
  /** Most that the domain's vcpus get together, in percent of one CPU; 0: no limit. */
  readonly cap: number;
}

export interface VcpuInfo {
  readonly online: boolean;
  readonly blocked: boolean;
  readonly running: boolean;
  readonly cpuTime: bigint;
  readonly cpu: number;
}

export interface TscInfo {
  readonly mode: number;
  readonly khz: number;
  readonly nsec: bigint;
  readonly incarnation: number;
}

export interface CpuPolicy {
  /** 24-byte leaves {leaf, subleaf, a, b, c, d}. */
  readonly leaves: Uint8Array;
  /** 16-byte entries {index u32, flags u32, value u64}. */
  readonly msrs: Uint8Array;
}

export interface EventChannels {
  bindInterdomain(domid: number, remotePort: number): Promise<number>;
  bindVirq(virq: number): Promise<number>;
  notify(port: number): Promise<void>;
  unbind(port: number): Promise<void>;
  /** The next port that fired; rejects with the signal's reason when that is aborted. */
  pending(signal?: AbortSignal): Promise<number>;
  close(): Promise<void>;
}
