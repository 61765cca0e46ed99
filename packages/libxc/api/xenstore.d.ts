interface Channel {
    close(): Promise<void>;
    keepAlive(alive: boolean): void;
    send(bytes: Uint8Array): void;
}

interface ChannelEvents {
    ended(reason: Error): void;
    received(bytes: Uint8Array): void;
}

type ConnectionErrno = 'ENOTCONN' | 'ECONNREFUSED' | 'EPROTO';

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

export interface DomainListener {
    domainsChanged?(): void;
    introduced?(domid: number): void;
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

export function isXenstoreError(e: unknown, ...codes: XenstoreError['code'][]): e is XenstoreError;

interface LogDirtyStats {
    readonly dirty: number;
    readonly faults: number;
    readonly pages: number;
}

type MessageName = keyof typeof XS;

interface MmuExtOp {
    readonly level: 1 | 2 | 3 | 4;
    readonly mfn: number;
    readonly op: 'pin' | 'unpin';
}

export class NodeAccess {
    constructor(requests: Requests, transactionId: number);
    directory(path: string): Promise<string[]>;
    getPermissions(path: string): Promise<string[]>;
    mkdir(path: string): Promise<void>;
    read(path: string): Promise<string>;
    readBytes(path: string): Promise<Uint8Array>;
    protected readonly requests: Requests;
    rm(path: string): Promise<void>;
    setPermissions(path: string, permissions: readonly string[]): Promise<void>;
    write(path: string, value: string | Uint8Array): Promise<void>;
}

interface PodTarget {
    readonly cachePages: number;
    readonly entries: number;
}

interface Quotas {
    readonly nodes: number;
    readonly nodeSize: number;
    readonly permissions: number;
    readonly transactionNodes: number;
    readonly transactions: number;
    readonly watches: number;
}

interface Request_2 {
    readonly name: MessageName;
    readonly path?: string | undefined;
    readonly payload: Uint8Array;
    readonly transactionId?: number;
}

declare class Requests implements ChannelEvents {
    constructor(events: RequestsEvents);
    close(): Promise<void>;
    ended(reason: Error): void;
    listen(listening: boolean): void;
    perform(input: Request_2): Promise<Uint8Array>;
    received(bytes: Uint8Array): void;
    use(channel: Channel): void;
}

interface RequestsEvents {
    ended(): void;
    watchFired(path: string, token: string): void;
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

declare const XENSTORE_ERRNOS: readonly ["EINVAL", "EACCES", "EEXIST", "EISDIR", "ENOENT", "ENOMEM", "ENOSPC", "EIO", "ENOTEMPTY", "ENOSYS", "EROFS", "EBUSY", "EAGAIN", "EISCONN", "E2BIG", "EPERM"];

export class XenstoreClient extends NodeAccess {
    close(): Promise<void>;
    static connect(path: string): Promise<XenstoreClient>;
    control(command: string, ...parameters: readonly string[]): Promise<string>;
    domainPath(domid: number): Promise<string>;
    introduce(domid: number, gfn: number, port: number): Promise<void>;
    isIntroduced(domid: number): Promise<boolean>;
    static over(open: (events: ChannelEvents) => Promise<Channel> | Channel): Promise<XenstoreClient>;
    release(domid: number): Promise<void>;
    resume(domid: number): Promise<void>;
    setTarget(domid: number, target: number): Promise<void>;
    transaction<T>(steps: (store: NodeAccess) => Promise<T>): Promise<T>;
    watch(path: string, callback: (path: string) => void): Promise<XenstoreWatch>;
}

export class Xenstored {
    close(): Promise<void>;
    connect(): Promise<XenstoreClient>;
    static start(options: XenstoredOptions): Promise<Xenstored>;
}

export interface XenstoredOptions {
    readonly clientsChanged?: (clients: number) => void;
    readonly hypervisor: Hypervisor;
    readonly listeners?: readonly DomainListener[];
    readonly log?: (text: string) => void;
    readonly quotas?: Quotas;
    readonly socket: string;
}

type XenstoreErrno = (typeof XENSTORE_ERRNOS)[number];

export class XenstoreError extends Error {
    constructor(code: XenstoreErrno | ConnectionErrno, place: XenstoreErrorPlace, detail?: string, options?: ErrorOptions);
    readonly code: XenstoreErrno | ConnectionErrno;
    readonly name = "XenstoreError";
    readonly operation: string;
    readonly path: string | undefined;
}

interface XenstoreErrorPlace {
    readonly operation: string;
    readonly path?: string | undefined;
}

export interface XenstoreWatch {
    close(): Promise<void>;
}

declare const XS: {
    readonly CONTROL: 0;
    readonly DIRECTORY: 1;
    readonly READ: 2;
    readonly GET_PERMS: 3;
    readonly WATCH: 4;
    readonly UNWATCH: 5;
    readonly TRANSACTION_START: 6;
    readonly TRANSACTION_END: 7;
    readonly INTRODUCE: 8;
    readonly RELEASE: 9;
    readonly GET_DOMAIN_PATH: 10;
    readonly WRITE: 11;
    readonly MKDIR: 12;
    readonly RM: 13;
    readonly SET_PERMS: 14;
    readonly WATCH_EVENT: 15;
    readonly ERROR: 16;
    readonly IS_DOMAIN_INTRODUCED: 17;
    readonly RESUME: 18;
    readonly SET_TARGET: 19;
    readonly RESET_WATCHES: 21;
    readonly DIRECTORY_PART: 22;
    readonly GET_FEATURE: 23;
    readonly SET_FEATURE: 24;
    readonly GET_QUOTA: 25;
    readonly SET_QUOTA: 26;
};
