type ArgsOf<O> = O extends Operation<infer A, unknown> ? A : never;

interface BoundPort extends LocalPort {
    readonly to: {
        readonly kind: 'virq';
        readonly virq: number;
    } | {
        readonly kind: 'guest';
        readonly domid: number;
        readonly guestPort: number;
    };
}

export const BUILTIN_PREFIX = "builtin:";

export function builtinKernel(name: string): Uint8Array;

declare class ByteCursor {
    constructor(bytes: Uint8Array);
    end(): void;
    f64(): number;
    raw(length: number): Uint8Array<ArrayBuffer>;
    u32(): number;
    u64(): bigint;
    u8(): number;
}

declare class ByteWriter {
    f64(value: number): void;
    finish(): Buffer;
    patchU32(at: number, value: number): void;
    raw(value: Uint8Array): void;
    take(count: number): number;
    u32(value: number): void;
    u64(value: bigint): void;
    u8(value: number): void;
}

interface Codec<T> {
    read(from: ByteCursor): T;
    write(to: ByteWriter, value: T): void;
}

type CodecValue<C> = C extends Codec<infer T> ? T : never;

export function connectEmbeddedHost(options?: ConnectOptions): Promise<Hypervisor>;

declare class Connection {
    readonly eventConnections: Map<number, EventConnection>;
    readonly mappings: Map<number, HeldMapping>;
    nextId(): number;
}

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

interface DirtyBitmap {
    readonly bitmap: Uint8Array;
    readonly stats: LogDirtyStats;
}

declare class Domain {
    constructor(domid: number, config: CreateDomain,
    sharedInfoMfn: number, grantMfn: number,
    pages: number, cpuPolicy: CpuPolicy, tsc: TscInfo);
    cpuPolicy: CpuPolicy;
    credit: SchedulerCredit;
    readonly domid: number;
    dying: boolean;
    readonly grantMfn: number;
    hasRun: boolean;
    readonly held: {
        state: 'new' | 'running' | 'suspended';
        tree?: P2mTree | undefined;
    };
    heldBecause: string | undefined;
    heldKnown: boolean;
    readonly hvm: boolean;
    hvmRecords: HvmRecords | undefined;
    internalPauses: number;
    readonly kind: 'pv' | 'hvm' | 'pvh';
    readonly logDirty: LogDirty;
    readonly maxGrantFrames: number;
    maxPages: number;
    readonly p2m: HvmP2m;
    readonly params: Map<number, bigint>;
    readonly passthrough: boolean;
    pauses: number;
    readonly podCache: number[];
    readonly ports: GuestPorts;
    get runnable(): boolean;
    sharedInfoGfn: number;
    readonly sharedInfoMfn: number;
    shutdown: ShutdownReason | undefined;
    shutdownComplete: boolean;
    suspendPort: number | undefined;
    threads: Map<number, VcpuThread> | undefined;
    tsc: TscInfo;
    tscSince: number;
    readonly uuid: Uint8Array;
    readonly vcpus: readonly Vcpu[];
    width: 4 | 8;
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

export class EmbeddedHost {
    accept(): Connection;
    answersFor(domid: number): boolean;
    close(): Promise<void>;
    connect(): Hypervisor;
    static create(input: EmbeddedHostOptions): Promise<EmbeddedHost>;
    readonly directory: string;
    perform<N extends OperationName>(connection: Connection, name: N, ...args: OperationArgs<N>): Promise<OperationResult<N>>;
    release(connection: Connection): void;
    readonly state: HostState;
    suspendRequested(domid: number): Promise<boolean>;
}

export function embeddedHostDirectory(env?: NodeJS.ProcessEnv): string;

export interface EmbeddedHostOptions {
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

declare class EventConnection {
    end(reason: Error): void;
    fire(port: number): void;
    forget(port: number): void;
    next(): number | Promise<number>;
    readonly ports: Map<number, BoundPort>;
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

interface FrameColumns {
    readonly count: Uint32Array;
    end: number;
    first: number;
    readonly flags: Uint8Array;
    readonly owner: Uint16Array;
    readonly type: Uint8Array;
    readonly typeCount: Uint32Array;
}

type FrameList = Float64Array;

declare class FrameTable {
    constructor(span: number);
    columns(mfn: number): FrameColumns | undefined;
    flagsOf(mfn: number): number;
    forEachOwned(owner: number, visit: (mfn: number, columns: FrameColumns, at: number) => void): void;
    ownerOf(mfn: number): number;
    readonly span: number;
    take(mfn: number, owner: number, flags: number): void;
}

declare class FreedFrames {
    add(mfn: number): void;
    runs(): Generator<{
        first: number;
        count: number;
    }>;
}

type GuestCall = (domain: Domain, vcpu: Vcpu, name: string, args: readonly unknown[]) => number;

declare class GuestPorts {
    constructor(limit: number);
    allocateUnbound(remote: number): number | undefined;
    bind(port: number, peer: LocalPort): void;
    get(port: number): Port | undefined;
    unbindPeer(port: number, peer: LocalPort): void;
}

interface HeldMapping {
    readonly domid: number;
    readonly errors: Uint8Array;
    readonly mfns: Float64Array;
    readonly typed: boolean;
    readonly width: 4 | 8;
}

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

declare class HostState {
    constructor(machine: Machine, types: PageTypes, log: LogRing, guestCall: GuestCall);
    readonly connections: Set<Connection>;
    domain(domid: number, operation: string): Domain;
    readonly domains: Map<number, Domain>;
    fireVirq(virq: number): void;
    readonly guestCall: GuestCall;
    lastDomid: number;
    readonly log: LogRing;
    readonly machine: Machine;
    markDirty(domain: Domain, mfn: number): void;
    nextPort(): number;
    readonly startedAt: number;
    readonly types: PageTypes;
    readonly virqs: Map<number, Set<VirqBinding>>;
}

declare class HvmP2m {
    constructor(capacity: number);
    readonly capacity: number;
    highest: number;
    isOnDemand(gfn: number): boolean;
    mfnOf(gfn: number): number;
    onDemand: number;
    set(gfn: number, mfn: number): void;
    readonly table: SharedArrayBuffer;
}

declare class HvmRecords {
    encode(header: Uint8Array, cpus: ReadonlyMap<number, Uint8Array>): Uint8Array;
    static fresh(vcpus: number): HvmRecords;
    set(record: StoredRecord): void;
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

interface LocalPort {
    readonly fire: () => void;
    readonly port: number;
}

declare class LogDirty {
    constructor(pages: number);
    readonly alwaysWritable: Set<number>;
    readonly bitmap: SharedArrayBuffer;
    readonly control: SharedArrayBuffer;
    disable(): void;
    enable(): void;
    get enabled(): boolean;
    mark(pfn: number): void;
    read(pages: number, clean: boolean, final: boolean): {
        bitmap: Uint8Array;
        dirty: number;
        faults: number;
    };
}

interface LogDirtyStats {
    readonly dirty: number;
    readonly faults: number;
    readonly pages: number;
}

declare class LogRing {
    constructor(started?: number);
    add(text: string): void;
    contents(): string;
}

declare class Machine {
    allocate(owner: number, order: number, flags?: number): number | undefined;
    allocateShared(owner: number): number | undefined;
    readonly compatM2pMfn: number;
    static create(input: MachineOptions): Machine;
    destroy(): void;
    readonly frames: FrameTable;
    framesOf(owner: number): number;
    get freeFrames(): number;
    freeing<T>(work: (freed: FreedFrames) => T): T;
    grant(wanted: number): number;
    readonly layout: MachineLayout;
    readonly m2p: MachineToPhys;
    readonly memory: MachineMemory;
    readonly path: string;
    putFrame(mfn: number, freed: FreedFrames): void;
}

interface MachineLayout {
    readonly frames: number;
    readonly span: number;
    readonly stretches: readonly Stretch[];
}

declare class MachineMemory {
    close(): void;
    discard(mfn: number, count: number): void;
    frame(mfn: number): Uint8Array<ArrayBuffer>;
    isAt(path: string): boolean;
    static open(path: string, span: number): MachineMemory;
    read(mfn: number, into: Uint8Array): Promise<void>;
    readonly span: number;
    stretch(mfn: number, count: number): Uint8Array<ArrayBuffer>;
    words(mfn: number): Uint32Array<ArrayBuffer>;
    write(mfn: number, contents: Uint8Array): Promise<void>;
}

interface MachineOptions {
    readonly mebibytes: number;
    readonly path: string;
    readonly seed: number;
}

declare class MachineToPhys {
    constructor(memory: Pick<MachineMemory, 'words'>,
    extents: readonly number[]);
    readonly extents: readonly number[];
    pfnOf(mfn: number): number;
    set(mfn: number, pfn: number): void;
}

interface MappedFrames {
    readonly errors: Uint8Array;
    readonly id: number;
    readonly mfns: Float64Array;
}

interface MmuExtOp {
    readonly level: 1 | 2 | 3 | 4;
    readonly mfn: number;
    readonly op: 'pin' | 'unpin';
}

interface Operation<A extends readonly unknown[], R> {
    readonly args: {
        readonly [I in keyof A]: Codec<A[I]>;
    };
    readonly result: Codec<R>;
}

type OperationArgs<N extends OperationName> = ArgsOf<(typeof OPERATIONS)[N]>;

type OperationName = keyof typeof OPERATIONS;

type OperationResult<N extends OperationName> = ResultOf<(typeof OPERATIONS)[N]>;

declare const OPERATIONS: {
    readonly info: Operation<[], HostInfo>;
    readonly consoleRing: Operation<[], string>;
    readonly listDomains: Operation<[number, number], DomainInfo[]>;
    readonly domainInfo: Operation<[number], DomainInfo>;
    readonly createDomain: Operation<[CreateDomain], number>;
    readonly setMaxMemory: Operation<[number, number], void>;
    readonly setPagingMemory: Operation<[number, number], void>;
    readonly pause: Operation<[number], void>;
    readonly unpause: Operation<[number], void>;
    readonly destroyDomain: Operation<[number], void>;
    readonly resumeDomain: Operation<[number], void>;
    readonly shutdownDomain: Operation<[number, ShutdownReason], void>;
    readonly schedulerCredit: Operation<[number], SchedulerCredit>;
    readonly setSchedulerCredit: Operation<[number, SchedulerCredit], void>;
    readonly maximumGpfn: Operation<[number], number>;
    readonly maximumRamPage: Operation<[], number>;
    readonly machphysMfnList: Operation<[number], FrameList>;
    readonly machphysCompatMfn: Operation<[], number>;
    readonly populatePhysmap: Operation<[number, FrameList, number], FrameList>;
    readonly decreaseReservation: Operation<[number, FrameList], number>;
    readonly populateOnDemand: Operation<[number, FrameList, number], number>;
    readonly podTarget: Operation<[number], PodTarget>;
    readonly setPodTarget: Operation<[number, number], void>;
    readonly mapForeign: Operation<[number, FrameList, "read" | "write"], MappedFrames>;
    readonly mapGrantTable: Operation<[number], MappedFrames>;
    readonly unmap: Operation<[number], void>;
    readonly pageTypes: Operation<[number, FrameList], Uint8Array<ArrayBufferLike>>;
    readonly mmuExt: Operation<[number, MmuExtOp[]], void>;
    readonly enableLogDirty: Operation<[number], void>;
    readonly disableLogDirty: Operation<[number], void>;
    readonly logDirty: Operation<[number, "clean" | "peek", number, boolean], DirtyBitmap>;
    readonly vcpuInfo: Operation<[number, number], VcpuInfo>;
    readonly guestWidth: Operation<[number], 4 | 8>;
    readonly setGuestWidth: Operation<[number, 4 | 8], void>;
    readonly vcpuContext: Operation<[number, number], Uint8Array<ArrayBufferLike>>;
    readonly setVcpuContext: Operation<[number, number, Uint8Array<ArrayBufferLike> | undefined], void>;
    readonly vcpuExtendedContext: Operation<[number, number], Uint8Array<ArrayBufferLike>>;
    readonly setVcpuExtendedContext: Operation<[number, number, Uint8Array<ArrayBufferLike>], void>;
    readonly vcpuXsave: Operation<[number, number], Uint8Array<ArrayBufferLike>>;
    readonly setVcpuXsave: Operation<[number, number, Uint8Array<ArrayBufferLike>], void>;
    readonly vcpuMsrs: Operation<[number, number], Uint8Array<ArrayBufferLike>>;
    readonly setVcpuMsrs: Operation<[number, number, Uint8Array<ArrayBufferLike>], void>;
    readonly hvmContext: Operation<[number], Uint8Array<ArrayBufferLike>>;
    readonly setHvmContext: Operation<[number, Uint8Array<ArrayBufferLike>], void>;
    readonly hvmParam: Operation<[number, number], bigint>;
    readonly setHvmParam: Operation<[number, number, bigint], void>;
    readonly tscInfo: Operation<[number], TscInfo>;
    readonly setTscInfo: Operation<[number, TscInfo], void>;
    readonly cpuPolicy: Operation<[number], CpuPolicy>;
    readonly hostCpuPolicy: Operation<["pv" | "hvm"], CpuPolicy>;
    readonly setCpuPolicy: Operation<[number, CpuPolicy], void>;
    readonly allocUnboundPort: Operation<[number, number], number>;
    readonly subscribeSuspend: Operation<[number, number], void>;
    readonly openEventChannels: Operation<[], number>;
    readonly closeEventChannels: Operation<[number], void>;
    readonly bindInterdomain: Operation<[number, number, number], number>;
    readonly bindVirq: Operation<[number, number], number>;
    readonly notify: Operation<[number, number], void>;
    readonly unbind: Operation<[number, number], void>;
    readonly pendingPort: Operation<[number], number>;
};

interface P2mTree {
    readonly links: readonly {
        readonly page: number;
        readonly index: number;
        readonly target: number;
    }[];
    readonly top: number;
}

declare class PageTypes {
    constructor(machine: Machine);
    get(mfn: number, domid: number): void;
    getTyped(mfn: number, owner: TableOwner, type: number, freed: FreedFrames): void;
    pin(mfn: number, owner: TableOwner, level: number, freed: FreedFrames): void;
    put(mfn: number, freed: FreedFrames): void;
    putTyped(mfn: number, owner: TableOwner, freed: FreedFrames): void;
    unpin(mfn: number, owner: TableOwner, freed: FreedFrames): void;
    update(mfn: number, entry: number, low: number, high: number, owner: TableOwner, freed: FreedFrames): void;
}

interface PodTarget {
    readonly cachePages: number;
    readonly entries: number;
}

type Port = {
    readonly state: 'unbound';
    readonly remote: number;
} | {
    readonly state: 'bound';
    readonly remote: number;
    readonly peer: LocalPort;
};

type ResultOf<O> = O extends {
    readonly result: infer C;
} ? CodecValue<C> : never;

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

interface StoredRecord {
    readonly body: Uint8Array;
    readonly instance: number;
    readonly type: number;
}

interface Stretch {
    readonly count: number;
    readonly first: number;
}

interface TableOwner {
    readonly domid: number;
    readonly width: 4 | 8;
}

interface TscInfo {
    readonly incarnation: number;
    readonly khz: number;
    readonly mode: number;
    readonly nsec: bigint;
}

declare class Vcpu {
    constructor(id: number, kind: 'pv' | 'hvm');
    get blocked(): boolean;
    readonly context: Uint8Array;
    readonly contextBuffer: SharedArrayBuffer;
    readonly control: SharedArrayBuffer;
    readonly controlWords: Int32Array<SharedArrayBuffer>;
    get executing(): boolean;
    extended: Uint8Array;
    readonly id: number;
    initialised: boolean;
    readonly kind: 'pv' | 'hvm';
    msrs: Uint8Array<ArrayBuffer>;
    online: boolean;
    roots: VcpuRoots | undefined;
    wake(): void;
    xsave: Uint8Array;
}

interface VcpuData {
    readonly context: SharedArrayBuffer;
    readonly control: SharedArrayBuffer;
    readonly domainControl: SharedArrayBuffer;
    readonly kind: 'pv' | 'hvm';
    readonly logDirtyBitmap: SharedArrayBuffer;
    readonly m2pExtents: readonly number[];
    readonly memory: {
        readonly path: string;
        readonly span: number;
    };
    readonly p2m: SharedArrayBuffer;
    readonly vcpu: number;
    readonly width: 4 | 8;
}

interface VcpuInfo {
    readonly blocked: boolean;
    readonly cpu: number;
    readonly cpuTime: bigint;
    readonly online: boolean;
    readonly running: boolean;
}

interface VcpuRoots {
    readonly gdt: readonly number[];
    readonly kernel: number;
    readonly user: number;
}

declare class VcpuThread {
    constructor(vcpu: Vcpu, data: VcpuData, handlers: VcpuThreadHandlers);
    askToStop(): void;
    end(): Promise<void>;
    run(): void;
    stopped(): Promise<void>;
}

interface VcpuThreadHandlers {
    readonly call: (name: string, args: readonly unknown[]) => number;
    readonly failed: (error: Error) => void;
}

interface VirqBinding {
    readonly connection: EventConnection;
    readonly port: number;
}
