import type { ByteReader } from '@xen-migration/stream-format';
import type { ByteSink } from '@xen-migration/stream-format';
import type { ByteSource } from '@xen-migration/stream-format';

export interface AutoConvergeOptions {
    readonly initial?: number;
    readonly most?: number;
    readonly step?: number;
}

export interface BackendChannel {
    readonly domid: number;
    readonly port: number;
}

export class BandwidthLimit implements ByteSink {
    constructor(sink: ByteSink,
    rate: () => number | undefined, signal?: AbortSignal | undefined);
    writev(parts: readonly Uint8Array[]): Promise<void>;
}

export function buildDomain(given: BuildDomainOptions): Promise<BuiltDomain>;

export interface BuildDomainOptions {
    readonly cmdline: string;
    readonly console: RingPeer;
    readonly domid: number;
    readonly hypervisor: Hypervisor;
    readonly kernel: Uint8Array;
    readonly kind: 'pv' | 'hvm' | 'pvh';
    readonly memoryKib: number;
    readonly ramdisk?: Uint8Array;
    readonly store: RingPeer;
    readonly targetKib?: number;
    readonly vcpus: number;
}

export class BuildError extends Error {
    constructor(code: 'BAD_KERNEL' | 'BAD_ARGUMENT' | 'NO_MEMORY' | 'HYPERVISOR', message: string, options?: {
        cause?: unknown;
    });
    readonly code: 'BAD_KERNEL' | 'BAD_ARGUMENT' | 'NO_MEMORY' | 'HYPERVISOR';
    readonly name = "BuildError";
}

export interface BuiltDomain {
    readonly consoleGfn: number;
    readonly storeGfn: number;
}

export type CheckpointDecision = 'continue' | 'stop';

export function compareCpuPolicies(source: CpuPolicy, target: CpuPolicy): CpuDifference[];

export interface CpuDifference {
    readonly added: readonly string[];
    readonly missing: readonly string[];
    readonly source: bigint;
    readonly target: bigint;
    readonly where: string;
}

export interface CpuPolicy {
    readonly leaves: Uint8Array;
    readonly msrs: Uint8Array;
}

export interface CreateDomain {
    readonly domid?: number;
    readonly hap: boolean;
    readonly kind: 'pv' | 'hvm' | 'pvh';
    readonly maxEventChannel: number;
    readonly maxGrantFrames: number;
    readonly maxVcpus: number;
    readonly passthrough: boolean;
    readonly uuid: Uint8Array;
}

export function descriptorSink(fd: number): ByteSink;

export function descriptorSource(fd: number): ByteSource;

export interface DomainInfo {
    readonly blocked: boolean;
    readonly cpuTime: bigint;
    readonly domid: number;
    readonly dying: boolean;
    readonly heldBecause: string | undefined;
    readonly hvm: boolean;
    readonly maxPages: number;
    readonly maxVcpuId: number;
    readonly onlineVcpus: number;
    readonly paused: boolean;
    readonly running: boolean;
    readonly sharedInfoFrame: number;
    readonly shutdown: boolean;
    readonly shutdownReason: ShutdownReason | undefined;
    readonly totalPages: number;
    readonly uuid: Uint8Array;
}

export const DOMID_XEN = 32754;

export function downtimePolicy(input: DowntimeTarget): PrecopyPolicy;

export interface DowntimeTarget {
    readonly downtimeMs: number;
    readonly maxIterations?: number;
    readonly otherwise?: 'stop-and-copy' | 'abort';
}

export const ERRNO: {
    readonly EPERM: 1;
    readonly ENOENT: 2;
    readonly ESRCH: 3;
    readonly EINTR: 4;
    readonly EIO: 5;
    readonly ENXIO: 6;
    readonly E2BIG: 7;
    readonly EBADF: 9;
    readonly EAGAIN: 11;
    readonly ENOMEM: 12;
    readonly EACCES: 13;
    readonly EFAULT: 14;
    readonly EBUSY: 16;
    readonly EEXIST: 17;
    readonly EXDEV: 18;
    readonly ENODEV: 19;
    readonly EINVAL: 22;
    readonly ENOSPC: 28;
    readonly ERANGE: 34;
    readonly ENOSYS: 38;
    readonly ENODATA: 61;
    readonly EOVERFLOW: 75;
    readonly EILSEQ: 84;
    readonly EUSERS: 87;
    readonly EOPNOTSUPP: 95;
    readonly EADDRINUSE: 98;
    readonly EADDRNOTAVAIL: 99;
    readonly ENOBUFS: 105;
    readonly EISCONN: 106;
    readonly ENOTCONN: 107;
    readonly ETIMEDOUT: 110;
};

export type Errno = keyof typeof ERRNO;

export function errnoName(number: number): Errno;

export interface EventChannels {
    bindInterdomain(domid: number, remotePort: number): Promise<number>;
    bindVirq(virq: number): Promise<number>;
    close(): Promise<void>;
    notify(port: number): Promise<void>;
    pending(signal?: AbortSignal): Promise<number>;
    unbind(port: number): Promise<void>;
}

export function expectedDowntime(input: PrecopyStats): number | undefined;

export interface ForeignMapping {
    readonly count: number;
    readonly errors: Uint8Array;
    page(i: number): Uint8Array;
    read(from: number, to: number, room: Uint8Array): Promise<readonly Uint8Array[]>;
    runs(from: number, to: number): Uint8Array[];
    unmap(): Promise<void>;
    write(from: number, contents: Uint8Array): Promise<void>;
}

type Frame<Space extends string> = number & {
    readonly __frame: Space;
};

export type FrameList = Float64Array;

export type Gfn = Frame<'gfn'>;

export const gfn: (n: number) => Gfn;

export interface HostInfo {
    readonly capabilities: string;
    readonly commandLine: string;
    readonly cpuKhz: number;
    readonly extra: string;
    readonly freePages: number;
    readonly hwCaps: readonly number[];
    readonly major: number;
    readonly minor: number;
    readonly notice: string;
    readonly nrCpus: number;
    readonly scheduler: string;
    readonly totalPages: number;
}

export interface Hypervisor {
    allocUnboundPort(domid: number, remote: number): Promise<number>;
    close(): Promise<void>;
    consoleRing(): Promise<string>;
    cpuPolicy(domid: number): Promise<CpuPolicy>;
    createDomain(config: CreateDomain): Promise<number>;
    decreaseReservation(domid: number, gfns: FrameList): Promise<number>;
    destroyDomain(domid: number): Promise<void>;
    disableLogDirty(domid: number): Promise<void>;
    domainInfo(domid: number): Promise<DomainInfo>;
    enableLogDirty(domid: number): Promise<void>;
    guestWidth(domid: number): Promise<4 | 8>;
    hostCpuPolicy(kind: 'pv' | 'hvm'): Promise<CpuPolicy>;
    hvmContext(domid: number): Promise<Uint8Array>;
    hvmParam(domid: number, index: number): Promise<bigint>;
    info(): Promise<HostInfo>;
    listDomains(first: number, max: number): Promise<DomainInfo[]>;
    logDirty(domid: number, op: 'clean' | 'peek', bitmap: Uint8Array, pages: number, final: boolean): Promise<LogDirtyStats>;
    machphysCompatMfn(): Promise<number>;
    machphysMfnList(maxExtents: number): Promise<FrameList>;
    mapForeign(domid: number, gfns: FrameList, access: 'read' | 'write'): Promise<ForeignMapping>;
    mapGrantTable(domid: number): Promise<ForeignMapping>;
    maximumGpfn(domid: number): Promise<number>;
    maximumRamPage(): Promise<number>;
    mmuExt(domid: number, ops: readonly MmuExtOp[]): Promise<void>;
    openEventChannels(): Promise<EventChannels>;
    pageTypes(domid: number, gfns: FrameList): Promise<Uint8Array>;
    pause(domid: number): Promise<void>;
    podTarget(domid: number): Promise<PodTarget>;
    populateOnDemand(domid: number, pfns: FrameList, order: number): Promise<number>;
    populatePhysmap(domid: number, pfns: FrameList, order: number): Promise<FrameList>;
    resumeDomain(domid: number): Promise<void>;
    schedulerCredit(domid: number): Promise<SchedulerCredit>;
    setCpuPolicy(domid: number, policy: CpuPolicy): Promise<void>;
    setGuestWidth(domid: number, width: 4 | 8): Promise<void>;
    setHvmContext(domid: number, context: Uint8Array): Promise<void>;
    setHvmParam(domid: number, index: number, value: bigint): Promise<void>;
    setMaxMemory(domid: number, kib: number): Promise<void>;
    setPagingMemory(domid: number, kib: number): Promise<void>;
    setPodTarget(domid: number, pages: number): Promise<void>;
    setSchedulerCredit(domid: number, credit: SchedulerCredit): Promise<void>;
    setTscInfo(domid: number, tsc: TscInfo): Promise<void>;
    setVcpuContext(domid: number, vcpu: number, context: Uint8Array | null): Promise<void>;
    setVcpuExtendedContext(domid: number, vcpu: number, context: Uint8Array): Promise<void>;
    setVcpuMsrs(domid: number, vcpu: number, msrs: Uint8Array): Promise<void>;
    setVcpuXsave(domid: number, vcpu: number, area: Uint8Array): Promise<void>;
    shutdownDomain(domid: number, reason: ShutdownReason): Promise<void>;
    subscribeSuspend(domid: number, port: number): Promise<void>;
    tscInfo(domid: number): Promise<TscInfo>;
    unpause(domid: number): Promise<void>;
    vcpuContext(domid: number, vcpu: number): Promise<Uint8Array>;
    vcpuExtendedContext(domid: number, vcpu: number): Promise<Uint8Array>;
    vcpuInfo(domid: number, vcpu: number): Promise<VcpuInfo>;
    vcpuMsrs(domid: number, vcpu: number): Promise<Uint8Array>;
    vcpuXsave(domid: number, vcpu: number): Promise<Uint8Array>;
}

export class HypervisorError extends Error {
    constructor(code: Errno,
    operation: string, domid: number | undefined, detail: string);
    readonly code: Errno;
    readonly domid: number | undefined;
    readonly name = "HypervisorError";
    readonly operation: string;
}

export interface IncrementalSave {
    readonly id: string;
    readonly parent?: string;
}

export interface InterruptibleSink extends ByteSink {
    release(): void;
}

export function interruptibleSink(sink: ByteSink, fd: number, signal: AbortSignal | undefined): InterruptibleSink;

export function interruptibleSource(source: ByteSource, fd: number, signal: AbortSignal | undefined): ByteSource;

export const INVALID_FRAME = -1;

export function isHypervisorError(e: unknown, ...codes: Errno[]): e is HypervisorError;

export function isTableRefusal(e: unknown): e is HypervisorError;

export function levelledCpuPolicy(source: CpuPolicy, target: CpuPolicy): CpuPolicy;

export interface LogDirtyStats {
    readonly dirty: number;
    readonly faults: number;
    readonly pages: number;
}

export const MAX_BATCH = 1024;

export type Mfn = Frame<'mfn'>;

export const mfn: (n: number) => Mfn;

export function missingFeatures(differences: readonly CpuDifference[]): string[];

export interface MissingStaticData {
    readonly cpuid: boolean;
    readonly msr: boolean;
}

export interface MmuExtOp {
    readonly level: 1 | 2 | 3 | 4;
    readonly mfn: number;
    readonly op: 'pin' | 'unpin';
}

export const PAGE_SHIFT = 12;

export const PAGE_SIZE = 4096;

export interface PassStats {
    readonly bytes: number;
    readonly ms: number;
    readonly pages: number;
}

export type Pfn = Frame<'pfn'>;

export const pfn: (n: number) => Pfn;

export interface PodTarget {
    readonly cachePages: number;
    readonly entries: number;
}

export type PrecopyDecision = 'continue' | 'stop-and-copy' | 'abort';

export type PrecopyPolicy = (stats: PrecopyStats) => PrecopyDecision | Promise<PrecopyDecision>;

export interface PrecopyStats {
    readonly dirtyCount: number | undefined;
    readonly elapsedMs: number;
    readonly iteration: number;
    readonly lastPass: PassStats | undefined;
    readonly totalWritten: number;
}

export interface RecordPosition {
    readonly index: number;
    readonly offset: number;
    readonly type: string;
}

export interface RestoreCallbacks {
    checkpoint?(): Promise<RestoreStep>;
    postcopy?(): Promise<RestoreStep>;
    restoreResults?(rings: {
        readonly storeGfn: number | undefined;
        readonly consoleGfn: number | undefined;
    }): Promise<void>;
    staticDataDone?(missing: MissingStaticData): Promise<void>;
    suspend?(): Promise<RestoreStep>;
    waitCheckpoint?(): Promise<RestoreStep>;
}

export function restoreDomain(given: RestoreOptions): Promise<RestoreResult>;

export class RestoreError extends Error {
    constructor(code: RestoreErrorCode, phase: RestorePhase, domid: number, message: string, details: RestoreErrorDetails,
    record: RecordPosition | undefined,
    offset: number);
    readonly code: RestoreErrorCode;
    readonly domid: number;
    readonly entry: number | undefined;
    readonly mfn: number | undefined;
    readonly name = "RestoreError";
    readonly offset: number;
    readonly pfn: number | undefined;
    readonly phase: RestorePhase;
    readonly record: RecordPosition | undefined;
    readonly vcpu: number | undefined;
}

export type RestoreErrorCode =
/** The AbortSignal was aborted. */
'ABORTED'
/** Options that don't fit the guest or each other. */
| 'BAD_OPTIONS'
/** A checkpoint callback failed; see `cause`. */
| 'CHECKPOINT'
/** The stream is a delta of an incremental save, which is no whole guest. */
| 'DELTA'
/** The stream is cut short, corrupt, or can't be read; `cause` is the reader's error. */
| 'STREAM'
/** The stream is of another guest type, page size or byte order than the domain can be restored from. */
| 'HEADERS'
/** A record where it must not be, twice where it may be once, or missing. */
| 'ORDER'
/** A mandatory record that this guest type does not have. */
| 'UNEXPECTED_RECORD'
/** A record whose contents contradict themselves or the domain. */
| 'BAD_RECORD'
/** A pfn that the guest can't have. */
| 'BAD_PFN'
/** The host can't give the guest the CPU that it had. */
| 'CPU_POLICY'
/** The guest's CPU had features that the host's lacks; `missingCpuFeatures: 'force'` goes on without them. */
| 'CPU_FEATURES'
/** The staticDataDone callback failed; see `cause`. */
| 'STATIC_DATA'
/** Not enough memory: of the host, or within the domain's limit. */
| 'NO_MEMORY' | 'MAP_FAILED'
/** A page table names a page that the guest does not have: pfn and entry say which. */
| 'UNTRANSLATABLE_ENTRY'
/** A vcpu's state names a frame that is not, or not of the kind, that it must be. */
| 'BAD_VCPU'
/** Pages that should hold the guest's p2m do not. */
| 'BAD_P2M'
/** The hypervisor refused a page table. */
| 'PAGE_TABLES'
/** A hypervisor operation failed; see `cause`. */
| 'HYPERVISOR' | 'INTERNAL';

interface RestoreErrorDetails {
    readonly cause?: unknown;
    readonly entry?: number;
    readonly mfn?: number;
    readonly pfn?: number;
    readonly record?: RecordPosition;
    readonly vcpu?: number;
}

export interface RestoreOptions {
    readonly backChannel?: ByteSink;
    readonly callbacks?: RestoreCallbacks;
    readonly console: BackendChannel;
    readonly domid: number;
    readonly hypervisor: Hypervisor;
    readonly missingCpuFeatures?: 'refuse' | 'force';
    readonly onProgress?: (progress: RestoreProgress) => void;
    readonly reader: ByteReader;
    readonly signal?: AbortSignal;
    readonly store: BackendChannel;
    readonly stream?: 'plain' | 'remus' | 'colo';
}

export type RestorePhase = 'headers' | 'setup' | 'static-data' | 'contents' | 'checkpoint' | 'completion';

export interface RestoreProgress {
    readonly bytes: number;
    readonly pagesDone: number;
    readonly phase: RestorePhase;
}

export interface RestoreResult {
    readonly bytesRead: number;
    readonly checkpoints: number;
    readonly consoleGfn: number | undefined;
    readonly failover: string | undefined;
    readonly guestType: 'pv' | 'hvm';
    readonly pagesRead: number;
    readonly storeGfn: number | undefined;
    readonly verifyMismatches: readonly number[];
    readonly version: 2 | 3;
    readonly warnings: readonly string[];
    readonly xenMajor: number;
    readonly xenMinor: number;
}

export type RestoreStep = 'continue' | 'failover';

export function retrying(hypervisor: Hypervisor): Hypervisor;

export interface RingPeer {
    readonly domid: number;
    readonly port: number;
}

export interface SaveCallbacks {
    checkpoint?(): Promise<CheckpointDecision>;
    postcopy?(): Promise<CheckpointDecision>;
    suspend(): Promise<void>;
    switchQemuLogdirty(enable: boolean): Promise<void>;
    waitCheckpoint?(): Promise<CheckpointDecision>;
}

export function saveDomain(given: SaveOptions): Promise<SaveResult>;

export class SaveError extends Error {
    constructor(code: SaveErrorCode, phase: SavePhase, domid: number, message: string, details: SaveErrorDetails,
    cleanupErrors: readonly unknown[]);
    readonly cleanupErrors: readonly unknown[];
    readonly code: SaveErrorCode;
    readonly domid: number;
    readonly entry: number | undefined;
    readonly mfn: number | undefined;
    readonly name = "SaveError";
    readonly pfn: number | undefined;
    readonly phase: SavePhase;
    readonly vcpu: number | undefined;
}

export type SaveErrorCode =
/** The AbortSignal was aborted. */
'ABORTED'
/** The precopy policy answered 'abort'. */
| 'POLICY_ABORT'
/** Options that don't fit the guest or each other. */
| 'BAD_OPTIONS'
/** A hypervisor operation failed; see `cause`. */
| 'HYPERVISOR'
/** The guest's p2m can't be found or is not its own. */
| 'BAD_P2M'
/** The guest moved its p2m while it was being saved. */
| 'P2M_CHANGED'
/** Log-dirty mode can't be switched on, or tracks another number of pages than the guest has. */
| 'LOG_DIRTY'
/** The guest's writes have not been tracked since the parent of an incremental save: a new base is needed. */
| 'NOT_TRACKED'
/** The device model's log-dirty mode can't be switched on. */
| 'QEMU_LOG_DIRTY'
/** The guest is promised memory (populate-on-demand) that it does not have: copying it would crash it. */
| 'POPULATE_ON_DEMAND'
/** The suspend callback failed: the guest runs on. */
| 'SUSPEND_FAILED'
/** The suspend callback succeeded, but the domain is not shut down for suspend. */
| 'NOT_SUSPENDED' | 'UNKNOWN_PAGE_TYPE' | 'MAP_FAILED'
/** A PV page table maps a superpage. */
| 'SUPERPAGE'
/** A page table of the suspended guest maps what is not the guest's memory: pfn, entry and mfn say which. */
| 'UNTRANSLATABLE_ENTRY'
/** A vcpu's register names a frame that is not the guest's memory. */
| 'UNTRANSLATABLE_FRAME' | 'BAD_VCPU_CONTEXT'
/** The sink failed; see `cause`. */
| 'WRITE'
/** COLO: the receiver's list of pages is none. */
| 'BACK_CHANNEL'
/** A checkpoint callback failed; see `cause`. */
| 'CHECKPOINT' | 'INTERNAL';

interface SaveErrorDetails {
    readonly cause?: unknown;
    readonly entry?: number;
    readonly mfn?: number;
    readonly pfn?: number;
    readonly vcpu?: number;
}

export interface SaveOptions {
    readonly autoConverge?: AutoConvergeOptions;
    readonly backChannel?: ByteReader;
    readonly bytesPerSecond?: number;
    readonly callbacks: SaveCallbacks;
    readonly debug: boolean;
    readonly domid: number;
    readonly hypervisor: Hypervisor;
    readonly incremental?: IncrementalSave;
    readonly live: boolean;
    readonly onProgress?: (progress: SaveProgress) => void;
    readonly policy?: PrecopyPolicy;
    readonly signal?: AbortSignal;
    readonly sink: ByteSink;
    readonly stream?: 'plain' | 'remus' | 'colo';
}

export type SavePhase = 'setup' | 'static-data' | 'precopy' | 'suspend' | 'stop-and-copy' | 'verify' | 'final-records' | 'checkpoint' | 'end';

export interface SaveProgress {
    readonly bytes: number;
    readonly iteration: number;
    readonly pagesDone: number;
    readonly pagesTotal: number;
    readonly phase: SavePhase;
    readonly throttle: number;
}

export interface SaveResult {
    readonly bytesWritten: number;
    readonly cleanupErrors: readonly unknown[];
    readonly iterations: number;
    readonly mostThrottled: number;
    readonly pagesWritten: number;
    readonly suspendedMs: number;
}

export interface SchedulerCredit {
    readonly cap: number;
    readonly weight: number;
}

export const SHUTDOWN: {
    readonly poweroff: 0;
    readonly reboot: 1;
    readonly suspend: 2;
    readonly crash: 3;
    readonly watchdog: 4;
    readonly softReset: 5;
};

export type ShutdownReason = (typeof SHUTDOWN)[keyof typeof SHUTDOWN];

export interface TscInfo {
    readonly incarnation: number;
    readonly khz: number;
    readonly mode: number;
    readonly nsec: bigint;
}

export interface VcpuInfo {
    readonly blocked: boolean;
    readonly cpu: number;
    readonly cpuTime: bigint;
    readonly online: boolean;
    readonly running: boolean;
}

export const VIRQ_DOM_EXC = 3;

export const XEN_MAX_ITERATIONS = 5;

export const XEN_TARGET_DIRTY_PAGES = 50;

export const xenPrecopyPolicy: PrecopyPolicy;
