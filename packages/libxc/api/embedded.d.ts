export const BUILTIN_PREFIX = "builtin:";

export function builtinKernel(name: string): Uint8Array;

export function connectEmbeddedHost(options?: ConnectOptions): Promise<Hypervisor>;

export interface ConnectOptions {
    readonly autostart?: boolean;
    readonly directory?: string;
}

interface CpuPolicy {
    readonly leaves: Uint8Array;
    readonly msrs: Uint8Array;
}

interface CreateDomain {
    readonly domid?: number;
    readonly hap: boolean;
    readonly kind: 'pv' | 'hvm' | 'pvh';
    readonly maxEventChannel: number;
    readonly maxGrantFrames: number;
    readonly maxVcpus: number;
    readonly passthrough: boolean;
    readonly uuid: Uint8Array;
}

export function createEmbeddedHost(options: EmbeddedHostOptions): Promise<EmbeddedHost>;

interface DomainInfo {
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

export interface EmbeddedHost {
    close(): Promise<void>;
    connect(): Hypervisor;
    readonly directory: string;
}

export function embeddedHostDirectory(env?: NodeJS.ProcessEnv): string;

export interface EmbeddedHostOptions {
    readonly cpuWithout?: readonly string[];
    readonly directory: string;
    readonly interference?: number;
    readonly memoryMib?: number;
    readonly seed?: number;
}

interface EventChannels {
    bindInterdomain(domid: number, remotePort: number): Promise<number>;
    bindVirq(virq: number): Promise<number>;
    close(): Promise<void>;
    notify(port: number): Promise<void>;
    pending(signal?: AbortSignal): Promise<number>;
    unbind(port: number): Promise<void>;
}

interface ForeignMapping {
    readonly count: number;
    readonly errors: Uint8Array;
    page(i: number): Uint8Array;
    read(from: number, to: number, room: Uint8Array): Promise<readonly Uint8Array[]>;
    runs(from: number, to: number): Uint8Array[];
    unmap(): Promise<void>;
    write(from: number, contents: Uint8Array): Promise<void>;
}

type FrameList = Float64Array;

export const HOST_FILES: {
    readonly lock: "lock";
    readonly socket: "hypervisor.sock";
    readonly xenstore: "xenstored.sock";
    readonly memory: "memory";
    readonly log: "daemon.log";
};

interface HostInfo {
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

interface Hypervisor {
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

interface LogDirtyStats {
    readonly dirty: number;
    readonly faults: number;
    readonly pages: number;
}

interface MmuExtOp {
    readonly level: 1 | 2 | 3 | 4;
    readonly mfn: number;
    readonly op: 'pin' | 'unpin';
}

interface PodTarget {
    readonly cachePages: number;
    readonly entries: number;
}

interface SchedulerCredit {
    readonly cap: number;
    readonly weight: number;
}

declare const SHUTDOWN: {
    readonly poweroff: 0;
    readonly reboot: 1;
    readonly suspend: 2;
    readonly crash: 3;
    readonly watchdog: 4;
    readonly softReset: 5;
};

type ShutdownReason = (typeof SHUTDOWN)[keyof typeof SHUTDOWN];

interface TscInfo {
    readonly incarnation: number;
    readonly khz: number;
    readonly mode: number;
    readonly nsec: bigint;
}

interface VcpuInfo {
    readonly blocked: boolean;
    readonly cpu: number;
    readonly cpuTime: bigint;
    readonly online: boolean;
    readonly running: boolean;
}
