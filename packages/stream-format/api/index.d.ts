type AnyLayout = Layout<any>;

export const ARCH_CAPABILITIES: readonly [low: readonly string[], high: readonly string[]];

export function archCapabilityNames(value: bigint): string[];

export class BufferedSink implements ByteSink {
    constructor(sink: ByteSink);
    flush(): Promise<void>;
    writev(parts: readonly Uint8Array[]): Promise<void>;
}

type ByteOrder = 'stream' | 'big';

export class ByteReader {
    constructor(source: ByteSource, options?: {
        readonly bufferSize?: number;
        readonly offset?: number;
    });
    aheadU32(at: number, littleEndian: boolean): number;
    atEnd(): Promise<boolean>;
    close(): Promise<void>;
    ensure(n: number): Promise<void>;
    ensureSync(n: number): boolean;
    get offset(): number;
    peek(n: number): Promise<Uint8Array>;
    place: StreamPlace;
    read(n: number): Promise<Uint8Array>;
    readInto(targets: readonly Uint8Array[]): Promise<void>;
    readSync(n: number): Uint8Array | undefined;
    skip(n: number): Promise<void>;
    skipSync(n: number): boolean;
}

export const bytes: <N extends string>(name: N, size: number, about: string) => LayoutField<N, Uint8Array>;

export interface ByteSink {
    writev(parts: readonly Uint8Array[]): Promise<void>;
}

export interface ByteSource {
    close?(): Promise<void>;
    read(into: Uint8Array): Promise<number>;
    readSync?(into: Uint8Array): number;
    readv?(targets: Uint8Array[]): Promise<number>;
    readWhole?(into: Uint8Array): Promise<number>;
    skip?(n: number): Promise<number>;
    skipSync?(n: number): number;
}

export function byteSource(from: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>): ByteSource;

interface Chain {
    readonly index: PageIndex;
    readonly points: readonly ChainPoint[];
    readonly populated: readonly PfnRun[] | undefined;
}

export class ChainError extends Error {
    constructor(code: ChainErrorCode, message: string, file?: number | undefined);
    readonly code: ChainErrorCode;
    readonly file?: number | undefined;
    readonly name = "ChainError";
}

export type ChainErrorCode =
/** No files at all. */
'EMPTY'
/** The first file is no base, or a file is no save of a chain. */
| 'NOT_A_SNAPSHOT'
/** A file does not build upon the one before it. */
| 'WRONG_PARENT'
/** The files are of different guests. */
| 'DIFFERENT_GUESTS'
/** A page of the guest is in no file of the chain. */
| 'MISSING_PAGE'
/** A record of the chain's own contradicts itself, or is missing. */
| 'BAD_RECORD' | 'BAD_ID'
/** A checkpointed stream, or one of another byte order. */
| 'UNSUPPORTED';

export interface ChainFile {
    open(): Promise<ByteReader>;
    readAt(offset: number, into: Uint8Array): Promise<void>;
}

export interface ChainPoint extends Snapshot {
    readonly bytes: number;
    readonly pages: number;
}

export function compareGuests(left: Guest, right: Guest): Comparison;

export interface Comparison {
    readonly fieldCount: number;
    readonly fields: GuestFieldDifference[];
    readonly hostBound: Record<string, number>;
    readonly notCompared: {
        readonly section: Section;
        readonly why: string;
    }[];
    readonly pages: PageComparison;
    readonly same: boolean;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer>;

export interface ConfigReport {
    readonly maxMemoryKib: number | undefined;
    readonly maxVcpus: number | undefined;
    readonly name: string | undefined;
    readonly targetMemoryKib: number | undefined;
    readonly type: string | undefined;
    readonly uuid: string | undefined;
}

export function copyStream(reader: ByteReader, sink: ByteSink, options?: StreamEventOptions): Promise<void>;

declare const CPU: Structure<    {
fpu_regs: Structure<    {
fcw: Field<number>;
fsw: Field<number>;
ftw: Field<number>;
_reserved: Field<undefined>;
fop: Field<number>;
fip: Field<bigint>;
fdp: Field<bigint>;
mxcsr: Field<number>;
mxcsr_mask: Field<number>;
st: Field<Uint8Array<ArrayBufferLike>[]>;
xmm: Field<Uint8Array<ArrayBufferLike>[]>;
software: Field<Uint8Array<ArrayBufferLike>>;
}>;
rax: Field<bigint>;
rbx: Field<bigint>;
rcx: Field<bigint>;
rdx: Field<bigint>;
rbp: Field<bigint>;
rsi: Field<bigint>;
rdi: Field<bigint>;
rsp: Field<bigint>;
r8: Field<bigint>;
r9: Field<bigint>;
r10: Field<bigint>;
r11: Field<bigint>;
r12: Field<bigint>;
r13: Field<bigint>;
r14: Field<bigint>;
r15: Field<bigint>;
rip: Field<bigint>;
rflags: Field<bigint>;
cr0: Field<bigint>;
cr2: Field<bigint>;
cr3: Field<bigint>;
cr4: Field<bigint>;
dr0: Field<bigint>;
dr1: Field<bigint>;
dr2: Field<bigint>;
dr3: Field<bigint>;
dr6: Field<bigint>;
dr7: Field<bigint>;
cs_sel: Field<number>;
ds_sel: Field<number>;
es_sel: Field<number>;
fs_sel: Field<number>;
gs_sel: Field<number>;
ss_sel: Field<number>;
tr_sel: Field<number>;
ldtr_sel: Field<number>;
cs_limit: Field<number>;
ds_limit: Field<number>;
es_limit: Field<number>;
fs_limit: Field<number>;
gs_limit: Field<number>;
ss_limit: Field<number>;
tr_limit: Field<number>;
ldtr_limit: Field<number>;
idtr_limit: Field<number>;
gdtr_limit: Field<number>;
cs_base: Field<bigint>;
ds_base: Field<bigint>;
es_base: Field<bigint>;
fs_base: Field<bigint>;
gs_base: Field<bigint>;
ss_base: Field<bigint>;
tr_base: Field<bigint>;
ldtr_base: Field<bigint>;
idtr_base: Field<bigint>;
gdtr_base: Field<bigint>;
cs_arbytes: Field<number>;
ds_arbytes: Field<number>;
es_arbytes: Field<number>;
fs_arbytes: Field<number>;
gs_arbytes: Field<number>;
ss_arbytes: Field<number>;
tr_arbytes: Field<number>;
ldtr_arbytes: Field<number>;
sysenter_cs: Field<bigint>;
sysenter_esp: Field<bigint>;
sysenter_eip: Field<bigint>;
shadow_gs: Field<bigint>;
msr_flags: Field<bigint>;
msr_lstar: Field<bigint>;
msr_star: Field<bigint>;
msr_cstar: Field<bigint>;
msr_syscall_mask: Field<bigint>;
msr_efer: Field<bigint>;
msr_tsc_aux: Field<bigint>;
tsc: Field<bigint>;
pending_event: Field<number>;
error_code: Field<number>;
flags: Field<number>;
_pad0: Field<undefined>;
}>;

export const CPU_FEATURES: readonly FeatureWord[];

export const CPUID_LEAF: Structure<    {
leaf: Field<number>;
subleaf: Field<number>;
a: Field<number>;
b: Field<number>;
c: Field<number>;
d: Field<number>;
}>;

export const CPUID_NO_SUBLEAF = 4294967295;

export type CpuidLeaf = Decoded<typeof CPUID_LEAF>;

export interface CpuidSummary {
    readonly brand: string;
    readonly family: number;
    readonly features: readonly string[];
    readonly model: number;
    readonly stepping: number;
    readonly vendor: string;
}

export function cr3ToFrame(cr3: number | bigint, width: 4 | 8): number;

export function decodeCpuidPolicy(data: Uint8Array): CpuidLeaf[];

export type Decoded<F> = F extends Field<infer T> ? T : never;

export function decodeDomainConfig(text: string): DomainConfig;

export function decodeEmulatorXenstore(data: Uint8Array): EmulatorXenstoreEntry[];

export class DecodeError extends Error {
    constructor(
    structure: string, detail: string,
    offset?: number | undefined);
    readonly code = "BAD_CONTENT";
    readonly detail: string;
    readonly name = "DecodeError";
    readonly offset?: number | undefined;
    readonly structure: string;
}

export function decodeExactly<T>(field: Field<T>, data: Uint8Array, name: string): T;

export function decodeExtVcpuContext(data: Uint8Array): ExtVcpuContext;

export function decodeHvmContext(data: Uint8Array): HvmSaveRecord[];

export function decodeMsrs(data: Uint8Array): Msr[];

export function decodeSharedInfo(data: Uint8Array, width: 4 | 8): SharedInfo;

export function decodeStartInfo(page: Uint8Array, width: 4 | 8): StartInfo;

export function decodeVcpuContext(data: Uint8Array, width: 4 | 8): VcpuContext;

export function decodeXsave(data: Uint8Array): XsaveState;

export function decodeXsaveArea(data: Uint8Array): XsaveArea;

export function describeLayout(layout: Pick<AnyLayout, 'title' | 'spec' | 'fields' | 'tail'>, number?: number): string;

export function detectFraming(reader: ByteReader): Promise<Framing>;

export function diffReference(): string;

export function diffStreams(left: ByteReader, right: ByteReader): Promise<Comparison>;

export interface DomainConfig {
    readonly json: JsonObject;
    readonly maxMemoryKib: number | undefined;
    readonly maxVcpus: number | undefined;
    readonly name: string | undefined;
    readonly targetMemoryKib: number | undefined;
    readonly type: string | undefined;
    readonly uuid: string | undefined;
}

export interface EmulatorReport {
    readonly contextBytes: number;
    readonly id: number;
    readonly index: number;
    readonly name: string | undefined;
    readonly xenstore: EmulatorXenstoreEntry[];
}

interface EmulatorState {
    context?: Uint8Array;
    readonly id: number;
    readonly index: number;
    xenstore?: Uint8Array;
}

export interface EmulatorXenstoreEntry {
    readonly path: string;
    readonly value: string;
}

export function encode<T>(field: Field<T>, value: T): Uint8Array;

export function encodeCpuidPolicy(leaves: readonly CpuidLeaf[]): Uint8Array;

export function encodeEmulatorXenstore(entries: readonly EmulatorXenstoreEntry[]): Uint8Array;

export function encodeExtVcpuContext(context: ExtVcpuContext): Uint8Array;

export function encodeHvmContext(records: readonly HvmSaveRecord[]): Uint8Array;

export function encodeMigrationReport(status: number): Uint8Array;

export function encodeMsrs(msrs: readonly Pick<Msr, 'index' | 'value'>[]): Uint8Array;

export function encodeSharedInfo(info: SharedInfo): Uint8Array;

export function encodeXlHeader(header: Omit<XlHeader, 'config'>): Uint8Array;

export function encodeXsave(state: XsaveState): Uint8Array;

export function encodeXsaveArea(area: XsaveArea): Uint8Array;

export const EXT_VCPUCONTEXT: Structure<    {
vcpu: Field<number>;
size: Field<number>;
syscall32_callback_eip: Field<bigint>;
sysenter_callback_eip: Field<bigint>;
syscall32_callback_cs: Field<number>;
sysenter_callback_cs: Field<number>;
syscall32_disables_events: Field<number>;
sysenter_disables_events: Field<number>;
_pad: Field<undefined>;
vmce: Structure<    {
caps: Field<bigint>;
mci_ctl2_bank0: Field<bigint>;
mci_ctl2_bank1: Field<bigint>;
mcg_ext_ctl: Field<bigint>;
}>;
}>;

export type ExtVcpuContext = Decoded<typeof EXT_VCPUCONTEXT> & {
    readonly rest: Uint8Array;
};

export interface FeatureWord {
    readonly leaf: number;
    readonly names: readonly string[];
    readonly register: 'a' | 'b' | 'c' | 'd';
    readonly subleaf: number | undefined;
}

export interface Field<T> {
    read(view: DataView, at: number): T;
    readonly size: number;
    write(view: DataView, at: number, value: T): void;
}

interface FieldDifference {
    readonly left: string | undefined;
    readonly path: readonly string[];
    readonly right: string | undefined;
}

interface FieldRules {
    readonly constant?: number | bigint;
    readonly values?: Readonly<Record<number, string>>;
}

type Fields = readonly LayoutField[];

type FixedHvmSaveType = keyof typeof HVM_SAVE_TYPES;

type FixedRecord = {
    [Type in FixedHvmSaveType]: {
        readonly type: Type;
        readonly instance: number;
        readonly body: Decoded<(typeof HVM_SAVE_TYPES)[Type]['layout']>;
    };
}[FixedHvmSaveType];

export function formatReference(): string;

export type Framing = 'xl' | 'libxl' | 'libxc';

export interface Guest {
    readonly pages: PfnTable;
    readonly pv: PvPages | undefined;
    readonly state: GuestState;
}

export interface GuestFieldDifference extends FieldDifference {
    readonly section: Section;
}

declare class GuestState {
    checkpoints: number;
    cpuidPolicy: Uint8Array | undefined;
    readonly emulators: Map<string, EmulatorState>;
    get framing(): Framing;
    hvmContext: Uint8Array | undefined;
    get hvmParams(): readonly HvmParam[] | undefined;
    libxc: LibxcHeaders | undefined;
    libxl: LibxlHeaders | undefined;
    msrPolicy: Uint8Array | undefined;
    p2mFrames: {
        startPfn: number;
        endPfn: number;
        frames: Float64Array;
    } | undefined;
    pvInfo: {
        guestWidth: 4 | 8;
        ptLevels: 3 | 4;
    } | undefined;
    sharedInfo: Uint8Array | undefined;
    snapshot: Snapshot | undefined;
    take(event: StreamEvent): void;
    tsc: TscInfo | undefined;
    readonly vcpus: Map<number, Map<VcpuRecordName, Uint8Array<ArrayBufferLike>>>;
    xl: XlHeader | undefined;
}

export function gunzipIfNeeded(source: ByteSource): Promise<ByteSource>;

export function hasPageData(type: number): boolean;

export const HOST_BOUND: readonly HostBoundRule[];

export interface HostBoundRule {
    readonly id: string;
    readonly section: Section;
    readonly what: readonly string[];
    readonly why: string;
}

export const HVM_PARAM_NAMES: Readonly<Record<number, string>>;

export const HVM_SAVE_TYPES: {
    readonly HEADER: {
        readonly code: 1;
        readonly layout: Structure<    {
        magic: Field<number>;
        version: Field<number>;
        changeset: Field<bigint>;
        cpuid: Field<number>;
        gtsc_khz: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly CPU: {
        readonly code: 2;
        readonly layout: Structure<    {
        fpu_regs: Structure<    {
        fcw: Field<number>;
        fsw: Field<number>;
        ftw: Field<number>;
        _reserved: Field<undefined>;
        fop: Field<number>;
        fip: Field<bigint>;
        fdp: Field<bigint>;
        mxcsr: Field<number>;
        mxcsr_mask: Field<number>;
        st: Field<Uint8Array<ArrayBufferLike>[]>;
        xmm: Field<Uint8Array<ArrayBufferLike>[]>;
        software: Field<Uint8Array<ArrayBufferLike>>;
        }>;
        rax: Field<bigint>;
        rbx: Field<bigint>;
        rcx: Field<bigint>;
        rdx: Field<bigint>;
        rbp: Field<bigint>;
        rsi: Field<bigint>;
        rdi: Field<bigint>;
        rsp: Field<bigint>;
        r8: Field<bigint>;
        r9: Field<bigint>;
        r10: Field<bigint>;
        r11: Field<bigint>;
        r12: Field<bigint>;
        r13: Field<bigint>;
        r14: Field<bigint>;
        r15: Field<bigint>;
        rip: Field<bigint>;
        rflags: Field<bigint>;
        cr0: Field<bigint>;
        cr2: Field<bigint>;
        cr3: Field<bigint>;
        cr4: Field<bigint>;
        dr0: Field<bigint>;
        dr1: Field<bigint>;
        dr2: Field<bigint>;
        dr3: Field<bigint>;
        dr6: Field<bigint>;
        dr7: Field<bigint>;
        cs_sel: Field<number>;
        ds_sel: Field<number>;
        es_sel: Field<number>;
        fs_sel: Field<number>;
        gs_sel: Field<number>;
        ss_sel: Field<number>;
        tr_sel: Field<number>;
        ldtr_sel: Field<number>;
        cs_limit: Field<number>;
        ds_limit: Field<number>;
        es_limit: Field<number>;
        fs_limit: Field<number>;
        gs_limit: Field<number>;
        ss_limit: Field<number>;
        tr_limit: Field<number>;
        ldtr_limit: Field<number>;
        idtr_limit: Field<number>;
        gdtr_limit: Field<number>;
        cs_base: Field<bigint>;
        ds_base: Field<bigint>;
        es_base: Field<bigint>;
        fs_base: Field<bigint>;
        gs_base: Field<bigint>;
        ss_base: Field<bigint>;
        tr_base: Field<bigint>;
        ldtr_base: Field<bigint>;
        idtr_base: Field<bigint>;
        gdtr_base: Field<bigint>;
        cs_arbytes: Field<number>;
        ds_arbytes: Field<number>;
        es_arbytes: Field<number>;
        fs_arbytes: Field<number>;
        gs_arbytes: Field<number>;
        ss_arbytes: Field<number>;
        tr_arbytes: Field<number>;
        ldtr_arbytes: Field<number>;
        sysenter_cs: Field<bigint>;
        sysenter_esp: Field<bigint>;
        sysenter_eip: Field<bigint>;
        shadow_gs: Field<bigint>;
        msr_flags: Field<bigint>;
        msr_lstar: Field<bigint>;
        msr_star: Field<bigint>;
        msr_cstar: Field<bigint>;
        msr_syscall_mask: Field<bigint>;
        msr_efer: Field<bigint>;
        msr_tsc_aux: Field<bigint>;
        tsc: Field<bigint>;
        pending_event: Field<number>;
        error_code: Field<number>;
        flags: Field<number>;
        _pad0: Field<undefined>;
        }>;
        readonly shorter: true;
    };
    readonly PIC: {
        readonly code: 3;
        readonly layout: Structure<    {
        irr: Field<number>;
        imr: Field<number>;
        isr: Field<number>;
        irq_base: Field<number>;
        init_and_priority: Field<number>;
        modes: Field<number>;
        elcr: Field<number>;
        int_output: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly IOAPIC: {
        readonly code: 4;
        readonly layout: Structure<    {
        base_address: Field<bigint>;
        ioregsel: Field<number>;
        id: Field<number>;
        redirtbl: Field<bigint[]>;
        }>;
        readonly shorter: false;
    };
    readonly LAPIC: {
        readonly code: 5;
        readonly layout: Structure<    {
        apic_base_msr: Field<bigint>;
        disabled: Field<number>;
        timer_divisor: Field<number>;
        tdt_msr: Field<bigint>;
        pending_esr: Field<number>;
        _pad: Field<undefined>;
        }>;
        readonly shorter: true;
    };
    readonly LAPIC_REGS: {
        readonly code: 6;
        readonly layout: Structure<    {
        _000: Field<undefined>;
        id: Field<number>;
        version: Field<number>;
        _040: Field<undefined>;
        tpr: Field<number>;
        apr: Field<number>;
        ppr: Field<number>;
        eoi: Field<number>;
        remote_read: Field<number>;
        ldr: Field<number>;
        dfr: Field<number>;
        svr: Field<number>;
        isr: Field<number[]>;
        tmr: Field<number[]>;
        irr: Field<number[]>;
        esr: Field<number>;
        _290: Field<undefined>;
        lvt_cmci: Field<number>;
        icr_low: Field<number>;
        icr_high: Field<number>;
        lvt_timer: Field<number>;
        lvt_thermal: Field<number>;
        lvt_perf: Field<number>;
        lvt_lint0: Field<number>;
        lvt_lint1: Field<number>;
        lvt_error: Field<number>;
        timer_initial_count: Field<number>;
        timer_current_count: Field<number>;
        _3a0: Field<undefined>;
        timer_divide: Field<number>;
        self_ipi: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly PCI_IRQ: {
        readonly code: 7;
        readonly layout: Structure<    {
        i: Field<bigint[]>;
        }>;
        readonly shorter: false;
    };
    readonly ISA_IRQ: {
        readonly code: 8;
        readonly layout: Structure<    {
        i: Field<bigint>;
        }>;
        readonly shorter: false;
    };
    readonly PCI_LINK: {
        readonly code: 9;
        readonly layout: Structure<    {
        route: Field<number[]>;
        _pad0: Field<undefined>;
        }>;
        readonly shorter: false;
    };
    readonly PIT: {
        readonly code: 10;
        readonly layout: Structure<    {
        channels: Field<StructureValue<    {
        count: Field<number>;
        latched_count: Field<number>;
        count_latched: Field<number>;
        status_latched: Field<number>;
        status: Field<number>;
        read_state: Field<number>;
        write_state: Field<number>;
        write_latch: Field<number>;
        rw_mode: Field<number>;
        mode: Field<number>;
        bcd: Field<number>;
        gate: Field<number>;
        }>[]>;
        speaker_data_on: Field<number>;
        _pad0: Field<undefined>;
        }>;
        readonly shorter: false;
    };
    readonly RTC: {
        readonly code: 11;
        readonly layout: Structure<    {
        seconds: Field<number>;
        seconds_alarm: Field<number>;
        minutes: Field<number>;
        minutes_alarm: Field<number>;
        hours: Field<number>;
        hours_alarm: Field<number>;
        day_of_week: Field<number>;
        day_of_month: Field<number>;
        month: Field<number>;
        year: Field<number>;
        register_a: Field<number>;
        register_b: Field<number>;
        register_c: Field<number>;
        register_d: Field<number>;
        cmos_index: Field<number>;
        _pad0: Field<undefined>;
        rtc_offset: Field<bigint>;
        }>;
        readonly shorter: true;
    };
    readonly HPET: {
        readonly code: 12;
        readonly layout: Structure<    {
        capability: Field<bigint>;
        _res0: Field<undefined>;
        config: Field<bigint>;
        _res1: Field<undefined>;
        isr: Field<bigint>;
        _res2: Field<undefined>;
        mc64: Field<bigint>;
        _res3: Field<undefined>;
        timers: Field<StructureValue<    {
        config: Field<bigint>;
        cmp: Field<bigint>;
        fsb: Field<bigint>;
        _res4: Field<undefined>;
        }>[]>;
        _res5: Field<undefined>;
        period: Field<bigint[]>;
        }>;
        readonly shorter: false;
    };
    readonly PMTIMER: {
        readonly code: 13;
        readonly layout: Structure<    {
        tmr_val: Field<number>;
        pm1a_sts: Field<number>;
        pm1a_en: Field<number>;
        }>;
        readonly shorter: false;
    };
    readonly MTRR: {
        readonly code: 14;
        readonly layout: Structure<    {
        msr_pat_cr: Field<bigint>;
        msr_mtrr_var: Field<bigint[]>;
        msr_mtrr_fixed: Field<bigint[]>;
        msr_mtrr_cap: Field<bigint>;
        msr_mtrr_def_type: Field<bigint>;
        }>;
        readonly shorter: false;
    };
    readonly VIRIDIAN_DOMAIN: {
        readonly code: 15;
        readonly layout: Structure<    {
        hypercall_gpa: Field<bigint>;
        guest_os_id: Field<bigint>;
        time_ref_count: Field<bigint>;
        reference_tsc: Field<bigint>;
        }>;
        readonly shorter: true;
    };
    readonly VIRIDIAN_VCPU: {
        readonly code: 17;
        readonly layout: Structure<    {
        vp_assist_msr: Field<bigint>;
        apic_assist_pending: Field<number>;
        _pad: Field<undefined>;
        simp_msr: Field<bigint>;
        sint_msr: Field<bigint[]>;
        stimer_config_msr: Field<bigint[]>;
        stimer_count_msr: Field<bigint[]>;
        }>;
        readonly shorter: true;
    };
    readonly VMCE_VCPU: {
        readonly code: 18;
        readonly layout: Structure<    {
        caps: Field<bigint>;
        mci_ctl2_bank0: Field<bigint>;
        mci_ctl2_bank1: Field<bigint>;
        mcg_ext_ctl: Field<bigint>;
        }>;
        readonly shorter: true;
    };
    readonly TSC_ADJUST: {
        readonly code: 19;
        readonly layout: Structure<    {
        tsc_adjust: Field<bigint>;
        }>;
        readonly shorter: false;
    };
};

export type HvmCpu = Decoded<typeof CPU>;

export interface HvmParam {
    index: bigint | number;
    value: bigint;
}

export type HvmSaveRecord = FixedRecord | {
    readonly type: 'CPU_XSAVE';
    readonly instance: number;
    readonly body: HvmXsave;
} | {
    readonly type: 'CPU_MSR';
    readonly instance: number;
    readonly body: {
        readonly msrs: readonly Msr[];
    };
} | {
    readonly type: 'UNKNOWN';
    readonly typecode: number;
    readonly instance: number;
    readonly body: Uint8Array;
};

export interface HvmXsave extends Decoded<typeof XSAVE_MASKS> {
    readonly save_area: XsaveArea;
}

export interface ImageFile {
    truncate(size: number): Promise<void>;
    write(offset: number, bytes: Uint8Array): Promise<void>;
}

export type ImageFormat = 'raw' | 'elf';

export interface ImageReport {
    readonly format: ImageFormat;
    readonly pages: number;
    readonly runs: number;
    readonly size: number;
    readonly vcpus: number;
    readonly zero: number;
}

export interface Inspection extends StateReport {
    readonly bytes: number;
    readonly memory: MemoryReport;
    readonly passes: Pass[];
    readonly records: RecordCount[];
    readonly trailing: 'permission to go' | 'unknown' | undefined;
    readonly unlistedPasses: number;
}

export function inspectStream(reader: ByteReader): Promise<{
    inspection: Inspection;
    pages: PfnTable;
}>;

export function isKnownPageType(type: number): boolean;

export function isPinned(type: number): boolean;

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
    readonly [name: string]: Json;
}

export class Layout<F extends Fields> {
    constructor(title: string,
    spec: string, fields: F, tail?: Tail | undefined);
    check(from: Uint8Array, littleEndian: boolean): LayoutViolation[];
    readonly fields: F;
    offsetOf(name: F[number]['name']): number;
    read(from: Uint8Array, littleEndian: boolean): RecordOf<this>;
    readonly size: number;
    readonly spec: string;
    readonly tail?: Tail | undefined;
    readonly title: string;
    write(value: {
        [K in keyof RecordOf<this>]?: RecordOf<this>[K];
    }, littleEndian: boolean): Uint8Array<ArrayBuffer>;
}

export interface LayoutField<Name extends string = string, Value = unknown> extends FieldRules {
    readonly about: string;
    readonly kind: NumberKind | 'bytes';
    readonly name: Name;
    readonly order: ByteOrder;
    readonly reserved: boolean;
    readonly size: number;
    readonly value?: Value;
}

interface LayoutViolation {
    readonly at: number;
    readonly field: string;
    readonly kind: 'reserved' | 'constant' | 'value';
    readonly message: string;
}

export const LIBXC_RECORD: {
    readonly END: 0;
    readonly PAGE_DATA: 1;
    readonly X86_PV_INFO: 2;
    readonly X86_PV_P2M_FRAMES: 3;
    readonly X86_PV_VCPU_BASIC: 4;
    readonly X86_PV_VCPU_EXTENDED: 5;
    readonly X86_PV_VCPU_XSAVE: 6;
    readonly SHARED_INFO: 7;
    readonly X86_TSC_INFO: 8;
    readonly HVM_CONTEXT: 9;
    readonly HVM_PARAMS: 10;
    readonly TOOLSTACK: 11;
    readonly X86_PV_VCPU_MSRS: 12;
    readonly VERIFY: 13;
    readonly CHECKPOINT: 14;
    readonly CHECKPOINT_DIRTY_PFN_LIST: 15;
    readonly STATIC_DATA_END: 16;
    readonly X86_CPUID_POLICY: 17;
    readonly X86_MSR_POLICY: 18;
};

export interface LibxcHeaders {
    endian: 'little' | 'big';
    guestType: 'pv' | 'hvm';
    pageShift: number;
    version: 2 | 3;
    xenMajor: number;
    xenMinor: number;
}

export class LibxcReader {
    constructor(reader: ByteReader);
    headers(): Promise<LibxcHeaders>;
    next(): Promise<LibxcRecord | undefined>;
}

export type LibxcRecord = (PlainLibxcRecord | PageDataRecord) & RecordPosition;

export type LibxcRecordName = keyof typeof LIBXC_RECORD;

export function libxcRecordName(type: number): LibxcRecordName | undefined;

export class LibxcWriter {
    constructor(sink: ByteSink, options?: {
        readonly endian?: 'little' | 'big';
    });
    get bytesWritten(): number;
    headers(headers: LibxcHeaders): Promise<void>;
    pageData(pfns: ArrayLike<number>, types: ArrayLike<number>, pages: readonly Uint8Array[]): Promise<void>;
    record(record: PlainLibxcRecord): Promise<void>;
}

export const LIBXL_RECORD: {
    readonly END: 0;
    readonly LIBXC_CONTEXT: 1;
    readonly EMULATOR_XENSTORE_DATA: 2;
    readonly EMULATOR_CONTEXT: 3;
    readonly CHECKPOINT_END: 4;
    readonly CHECKPOINT_STATE: 5;
};

export interface LibxlHeaders {
    endian: 'little' | 'big';
    legacy: boolean;
}

export class LibxlReader {
    constructor(reader: ByteReader);
    headers(): Promise<LibxlHeaders>;
    next(): Promise<LibxlRecord | undefined>;
}

export type LibxlRecord = PlainLibxlRecord & Omit<RecordPosition, 'index'> & {
    recordIndex: number;
};

export type LibxlRecordName = keyof typeof LIBXL_RECORD;

export function libxlRecordName(type: number): LibxlRecordName | undefined;

export class LibxlWriter {
    constructor(sink: ByteSink);
    headers(headers: LibxlHeaders): Promise<void>;
    record(record: PlainLibxlRecord): Promise<void>;
}

type Members = Readonly<Record<string, Field<unknown>>>;

export interface MemoryReport {
    readonly endPfn: number;
    readonly pages: number;
    readonly sent: number;
    readonly timesSent: {
        readonly times: number;
        readonly pfns: number;
    }[];
    readonly types: {
        readonly type: string;
        readonly pages: number;
    }[];
    readonly zero: number;
}

export class MemorySink implements ByteSink {
    bytes(): Uint8Array<ArrayBuffer>;
    writev(parts: readonly Uint8Array[]): Promise<void>;
}

export function mergeChain(files: readonly ChainFile[], sink: ByteSink, options?: MergeOptions): Promise<readonly ChainPoint[]>;

export function mergedChain(files: readonly ChainFile[]): AsyncGenerator<Uint8Array>;

export interface MergeOptions {
    readonly asBase?: boolean;
}

export const MIGRATION_MESSAGES: {
    readonly banner: NodeJS.NonSharedUint8Array;
    readonly ready: NodeJS.NonSharedUint8Array;
    readonly permissionToGo: NodeJS.NonSharedUint8Array;
    readonly report: NodeJS.NonSharedUint8Array;
};

export type MigrationMessage = keyof typeof MIGRATION_MESSAGES;

export interface Msr extends Decoded<typeof MSR_ENTRY> {
    readonly name: string | undefined;
}

declare const MSR_ENTRY: Structure<    {
index: Field<number>;
_reserved: Field<undefined>;
value: Field<bigint>;
}>;

export const MSR_NAMES: Readonly<Record<number, string>>;

export interface NamedHvmParam {
    readonly index: number;
    readonly name: string | undefined;
    readonly value: bigint;
}

export function nameHvmParams(params: readonly {
    readonly index: number | bigint;
    readonly value: bigint;
}[]): NamedHvmParam[];

export function needsMemory(type: number): boolean;

type NumberKind = 'u8' | 'u16' | 'u32' | 'u64';

interface NumberRules extends FieldRules {
    readonly order?: ByteOrder;
}

export const OPTIONAL_RECORD = 2147483648;

export const PAGE_SIZE = 4096;

export const PAGE_TYPE: {
    readonly NOTAB: 0;
    readonly L1TAB: 1;
    readonly L2TAB: 2;
    readonly L3TAB: 3;
    readonly L4TAB: 4;
    readonly L1TAB_PINNED: 9;
    readonly L2TAB_PINNED: 10;
    readonly L3TAB_PINNED: 11;
    readonly L4TAB_PINNED: 12;
    readonly BROKEN: 13;
    readonly XALLOC: 14;
    readonly XTAB: 15;
};

export interface PageBody {
    next(): Promise<Uint8Array | undefined>;
    readInto(targets: readonly Uint8Array[]): Promise<void>;
    skip(): Promise<void>;
}

export interface PageComparison {
    compared: number;
    count: number;
    readonly runs: PageRun[];
}

export interface PageDataRecord {
    body: PageBody;
    pageCount: number;
    pfns: Float64Array;
    type: 'PAGE_DATA';
    types: Uint8Array;
}

export type PageDifference = 'contents' | 'type' | 'only left' | 'only right';

declare class PageIndex {
    get(pfn: number): PagePlace | undefined;
    places(): Generator<PagePlace>;
    set(pfn: number, type: number, file: number, offset: number): void;
}

interface PagePlace {
    readonly file: number;
    readonly offset: number | undefined;
    readonly pfn: number;
    readonly type: number;
}

export interface PageRun {
    count: number;
    readonly difference: PageDifference;
    readonly left: string | undefined;
    readonly right: string | undefined;
    readonly start: number;
}

export function pageTableLevel(type: number): 0 | 1 | 2 | 3 | 4;

export function pageTypeName(type: number): string;

export interface Pass {
    again: number;
    readonly checkpoint: number;
    readonly number: number;
    pages: number;
    records: number;
    readonly verify: boolean;
    zero: number;
}

interface PfnChunk {
    readonly base: number;
    readonly hashes: Uint32Array;
    readonly pass: Uint8Array;
    readonly sent: Uint8Array;
    readonly types: Uint8Array;
    readonly zero: Uint8Array;
}

export interface PfnRun {
    readonly count: number;
    readonly first: number;
}

declare class PfnTable {
    constructor(options: PfnTableOptions);
    bases(): number[];
    find(pfn: number): PfnChunk | undefined;
    remove(pfn: number): void;
    runs(include: (type: number) => boolean): Generator<{
        start: number;
        count: number;
    }>;
    set(pfn: number, type: number): PfnChunk;
    get size(): number;
    typeOf(pfn: number): number | undefined;
}

interface PfnTableOptions {
    readonly hashes?: boolean;
    readonly history?: boolean;
}

export type PlainLibxcRecord = {
    type: 'END' | 'VERIFY' | 'CHECKPOINT' | 'STATIC_DATA_END';
} | {
    type: 'X86_PV_INFO';
    guestWidth: 4 | 8;
    ptLevels: 3 | 4;
} | {
    type: 'X86_PV_P2M_FRAMES';
    startPfn: number;
    endPfn: number;
    frames: Float64Array;
} | {
    type: 'X86_PV_VCPU_BASIC' | 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_XSAVE' | 'X86_PV_VCPU_MSRS';
    vcpu: number;
    data: Uint8Array;
} | {
    type: 'SHARED_INFO' | 'HVM_CONTEXT' | 'TOOLSTACK' | 'X86_CPUID_POLICY' | 'X86_MSR_POLICY';
    data: Uint8Array;
} | {
    type: 'X86_TSC_INFO';
    mode: number;
    khz: number;
    nsec: bigint;
    incarnation: number;
} | {
    type: 'HVM_PARAMS';
    params: HvmParam[];
} | {
    type: 'CHECKPOINT_DIRTY_PFN_LIST';
    pfns: Float64Array;
} | {
    type: 'UNKNOWN';
    number: number;
    optional: boolean;
    data: Uint8Array;
};

export type PlainLibxlRecord = {
    type: 'END' | 'LIBXC_CONTEXT' | 'CHECKPOINT_END';
} | {
    type: 'EMULATOR_XENSTORE_DATA' | 'EMULATOR_CONTEXT';
    emulatorId: number;
    index: number;
    data: Uint8Array;
} | {
    type: 'CHECKPOINT_STATE';
    id: number;
} | {
    type: 'UNKNOWN';
    number: number;
    optional: boolean;
    data: Uint8Array;
};

export function populatedRecord(runs: readonly PfnRun[]): PlainLibxcRecord;

export interface Problem {
    readonly layer: StreamLayer;
    readonly message: string;
    readonly offset: number;
    readonly recordIndex?: number | undefined;
    readonly recordName?: string | undefined;
    readonly recordType?: number | undefined;
    readonly rule: string;
    readonly severity: 'error' | 'warning';
    readonly spec: string;
}

declare class PvPages {
    constructor(width: 4 | 8);
    isP2m(pfn: number): boolean;
    observe(pfn: number, words: Uint32Array, at: number): void;
    p2mFrames(input: {
        readonly startPfn: number;
        readonly frames: Float64Array;
    }): void;
    startInfo(pfn: number): Uint8Array | undefined;
    treePages(topMfn: number): (pfn: number) => boolean;
}

export function readChain(files: readonly ChainFile[]): Promise<Chain>;

export function readGuest(reader: ByteReader): Promise<Guest>;

export function readMigrationMessage(reader: ByteReader, message: MigrationMessage): Promise<void>;

export function readMigrationReport(reader: ByteReader): Promise<number>;

export function readPopulated(record: LibxcRecord): PfnRun[] | undefined;

export function readSnapshot(record: LibxcRecord): Snapshot | undefined;

export function readXlHeader(reader: ByteReader): Promise<XlHeader>;

export const REC_LENGTH_MAX: number;

export interface RecordCount {
    bytes: number;
    count: number;
    readonly layer: 'libxl' | 'libxc';
    readonly name: string;
    readonly type: number;
}

export type RecordOf<L> = L extends Layout<infer F> ? {
    [K in F[number] as K extends LayoutField<infer N, unknown> ? (N extends '' ? never : N) : never]: ValueOf<K>;
} : never;

export interface RecordPlace {
    readonly index: number;
    readonly name: string;
    readonly type: number;
}

export interface RecordPosition {
    index: number;
    length: number;
    offset: number;
}

export const reserved: (size: number) => LayoutField<"", never>;

export type Section = keyof typeof SECTIONS;

export const SECTIONS: {
    readonly config: "The configuration in the save file: every value of the JSON.";
    readonly 'stream headers': "Type of the guest, its word and page table levels; the Xen that wrote the stream.";
    readonly 'cpuid policy': "Every leaf and register.";
    readonly 'msr policy': "Every MSR.";
    readonly pages: "Of each pfn whether there is a page, its type, and a 64-bit hash of its contents.";
    readonly start_info: "PV: the page that vcpu 0's dx names, field by field, and what follows the fields.";
    readonly shared_info: "PV: the page, field by field, and what follows the fields.";
    readonly 'p2m frames': "PV: pfns of the pages that hold the p2m, and the range that they cover.";
    readonly vcpus: "PV: every register and field of each vcpu's context, extended context, XSAVE area and MSRs.";
    readonly tsc: "Mode, frequency, time and incarnation.";
    readonly 'hvm context': "HVM: every field of the hypervisor's save records, vcpus among them.";
    readonly 'hvm params': "HVM: every parameter.";
    readonly emulators: "HVM: xenstore data key by key, and the context of each emulator byte by byte.";
};

export const SHARED_INFO_32: Structure<    {
vcpu_info: Field<StructureValue<    {
evtchn_upcall_pending: Field<number>;
evtchn_upcall_mask: Field<number>;
_pad: Field<undefined>;
evtchn_pending_sel: Field<number>;
arch: Structure<    {
cr2: Field<number>;
_pad: Field<undefined>;
}>;
time: Structure<    {
version: Field<number>;
_pad0: Field<undefined>;
tsc_timestamp: Field<bigint>;
system_time: Field<bigint>;
tsc_to_system_mul: Field<number>;
tsc_shift: Field<number>;
flags: Field<number>;
_pad1: Field<undefined>;
}>;
}>[]>;
evtchn_pending: Field<number[]>;
evtchn_mask: Field<number[]>;
wc_version: Field<number>;
wc_sec: Field<number>;
wc_nsec: Field<number>;
arch: Structure<    {
max_pfn: Field<number>;
pfn_to_mfn_frame_list_list: Field<number>;
nmi_reason: Field<number>;
p2m_cr3: Field<number>;
p2m_vaddr: Field<number>;
p2m_generation: Field<number>;
wc_sec_hi: Field<number>;
}>;
}>;

export const SHARED_INFO_64: Structure<    {
vcpu_info: Field<StructureValue<    {
evtchn_upcall_pending: Field<number>;
evtchn_upcall_mask: Field<number>;
_pad: Field<undefined>;
evtchn_pending_sel: Field<bigint>;
arch: Structure<    {
cr2: Field<bigint>;
_pad: Field<undefined>;
}>;
time: Structure<    {
version: Field<number>;
_pad0: Field<undefined>;
tsc_timestamp: Field<bigint>;
system_time: Field<bigint>;
tsc_to_system_mul: Field<number>;
tsc_shift: Field<number>;
flags: Field<number>;
_pad1: Field<undefined>;
}>;
}>[]>;
evtchn_pending: Field<bigint[]>;
evtchn_mask: Field<bigint[]>;
wc_version: Field<number>;
wc_sec: Field<number>;
wc_nsec: Field<number>;
wc_sec_hi: Field<number>;
arch: Structure<    {
max_pfn: Field<bigint>;
pfn_to_mfn_frame_list_list: Field<bigint>;
nmi_reason: Field<bigint>;
p2m_cr3: Field<bigint>;
p2m_vaddr: Field<bigint>;
p2m_generation: Field<bigint>;
}>;
}>;

export type SharedInfo = ({
    width: 4;
} & SharedInfo32) | ({
    width: 8;
} & SharedInfo64);

export type SharedInfo32 = Decoded<typeof SHARED_INFO_32>;

export type SharedInfo64 = Decoded<typeof SHARED_INFO_64>;

export interface Snapshot {
    readonly id: string;
    readonly parent: string | undefined;
}

export function snapshotRecord(input: Snapshot): PlainLibxcRecord;

export const START_INFO_32: Structure<    {
magic: Field<string>;
nr_pages: Field<number>;
shared_info: Field<number>;
flags: Field<number>;
store_mfn: Field<number>;
store_evtchn: Field<number>;
console_mfn: Field<number>;
console_evtchn: Field<number>;
pt_base: Field<number>;
nr_pt_frames: Field<number>;
mfn_list: Field<number>;
mod_start: Field<number>;
mod_len: Field<number>;
cmd_line: Field<string>;
first_p2m_pfn: Field<number>;
nr_p2m_frames: Field<number>;
}>;

export const START_INFO_64: Structure<    {
magic: Field<string>;
nr_pages: Field<bigint>;
shared_info: Field<bigint>;
flags: Field<number>;
_pad0: Field<undefined>;
store_mfn: Field<bigint>;
store_evtchn: Field<number>;
_pad1: Field<undefined>;
console_mfn: Field<bigint>;
console_evtchn: Field<number>;
_pad2: Field<undefined>;
pt_base: Field<bigint>;
nr_pt_frames: Field<bigint>;
mfn_list: Field<bigint>;
mod_start: Field<bigint>;
mod_len: Field<bigint>;
cmd_line: Field<string>;
first_p2m_pfn: Field<bigint>;
nr_p2m_frames: Field<bigint>;
}>;

export const START_INFO_MAGIC = "xen-";

export type StartInfo = ({
    width: 4;
} & StartInfo32) | ({
    width: 8;
} & StartInfo64);

export type StartInfo32 = Decoded<typeof START_INFO_32>;

export type StartInfo64 = Decoded<typeof START_INFO_64>;

export interface StateReport {
    readonly checkpoints: number;
    readonly config: ConfigReport | undefined;
    readonly converted: boolean;
    readonly cpu: CpuidSummary | undefined;
    readonly emulators: EmulatorReport[];
    readonly framing: Framing;
    readonly guestBits: 32 | 64 | undefined;
    readonly hvmContext: {
        readonly type: string;
        readonly records: number;
    }[];
    readonly hvmParams: NamedHvmParam[];
    readonly libxc: LibxcHeaders | undefined;
    readonly msrPolicy: Msr[];
    readonly snapshot: Snapshot | undefined;
    readonly tsc: (TscInfo & {
        readonly modeName: string | undefined;
    }) | undefined;
    readonly undecodable: string[];
    readonly vcpus: VcpuReport[];
}

export class StreamError extends Error {
    constructor(message: string, details: StreamErrorDetails);
    readonly code: StreamErrorCode;
    readonly detail: string;
    readonly layer: StreamLayer;
    readonly name = "StreamError";
    readonly offset: number;
    readonly record: RecordPlace | undefined;
    readonly rule: string;
    readonly spec: string;
}

export type StreamErrorCode =
/** The input ended inside of something. */
'TRUNCATED'
/** Magic, marker or identification is not what the format says. */
| 'BAD_MAGIC'
/** A version that this package doesn't know. */
| 'BAD_VERSION'
/** A field has a value that the format doesn't allow. */
| 'BAD_VALUE'
/** A record's length does not fit its contents, or is beyond the limit. */
| 'BAD_LENGTH'
/** A mandatory record of unknown type. */
| 'UNKNOWN_RECORD'
/** A save file in the format of Xen 4.5 and older. */
| 'LEGACY'
/** Something that the format knows but that nothing here can read. */
| 'UNSUPPORTED'
/** A caller asked for what can't be written. */
| 'UNWRITABLE';

export interface StreamErrorDetails extends StreamPlace {
    readonly code: StreamErrorCode;
    readonly offset: number;
    readonly rule: string;
}

export type StreamEvent = {
    kind: 'xl-header';
    offset: number;
    header: XlHeader;
} | {
    kind: 'libxl-header';
    offset: number;
    header: LibxlHeaders;
} | {
    kind: 'libxl-record';
    record: LibxlRecord;
} | {
    kind: 'libxc-header';
    offset: number;
    header: LibxcHeaders;
} | {
    kind: 'libxc-record';
    record: LibxcRecord;
}
/** What comes after the stream: the sender's control messages in a recorded `xl migrate`. */
| {
    kind: 'trailing';
    offset: number;
    data: Uint8Array;
};

export interface StreamEventOptions {
    readonly framing?: Framing;
}

export function streamEvents(reader: ByteReader, options?: StreamEventOptions): AsyncGenerator<StreamEvent>;

export type StreamLayer = 'xl' | 'libxl' | 'libxc' | 'wire' | 'legacy';

export interface StreamPlace {
    readonly layer: StreamLayer;
    readonly part?: string | undefined;
    readonly record?: RecordPlace | undefined;
    readonly spec: string;
}

interface Structure<M extends Members> extends Field<StructureValue<M>> {
    readonly members: M;
    readonly offsets: Readonly<Record<keyof M, number>>;
}

type StructureValue<M extends Members> = {
    -readonly [Name in keyof M as M[Name] extends Field<undefined> ? never : Name]: Decoded<M[Name]>;
};

export function summariseCpuid(leaves: readonly CpuidLeaf[]): CpuidSummary;

interface Tail {
    readonly about: string;
    readonly name: string;
    readonly of: NumberKind | 'bytes' | AnyLayout;
}

export const TSC_MODES: Readonly<Record<number, string>>;

interface TscInfo {
    readonly incarnation: number;
    readonly khz: number;
    readonly mode: number;
    readonly nsec: bigint;
}

export const u16: <N extends string>(name: N, about: string, rules?: NumberRules) => LayoutField<N, number>;

export const u32: <N extends string>(name: N, about: string, rules?: NumberRules) => LayoutField<N, number>;

export const u64: <N extends string>(name: N, about: string, rules?: NumberRules) => LayoutField<N, bigint>;

export const u8: <N extends string>(name: N, about: string, rules?: NumberRules) => LayoutField<N, number>;

export const USER_REGS_32: Structure<    {
ebx: Field<number>;
ecx: Field<number>;
edx: Field<number>;
esi: Field<number>;
edi: Field<number>;
ebp: Field<number>;
eax: Field<number>;
error_code: Field<number>;
entry_vector: Field<number>;
eip: Field<number>;
cs: Field<number>;
saved_upcall_mask: Field<number>;
_pad0: Field<undefined>;
eflags: Field<number>;
esp: Field<number>;
ss: Field<number>;
_pad1: Field<undefined>;
es: Field<number>;
_pad2: Field<undefined>;
ds: Field<number>;
_pad3: Field<undefined>;
fs: Field<number>;
_pad4: Field<undefined>;
gs: Field<number>;
_pad5: Field<undefined>;
}>;

export const USER_REGS_64: Structure<    {
r15: Field<bigint>;
r14: Field<bigint>;
r13: Field<bigint>;
r12: Field<bigint>;
rbp: Field<bigint>;
rbx: Field<bigint>;
r11: Field<bigint>;
r10: Field<bigint>;
r9: Field<bigint>;
r8: Field<bigint>;
rax: Field<bigint>;
rcx: Field<bigint>;
rdx: Field<bigint>;
rsi: Field<bigint>;
rdi: Field<bigint>;
error_code: Field<number>;
entry_vector: Field<number>;
rip: Field<bigint>;
cs: Field<number>;
_pad0: Field<undefined>;
saved_upcall_mask: Field<number>;
_pad1: Field<undefined>;
rflags: Field<bigint>;
rsp: Field<bigint>;
ss: Field<number>;
_pad2: Field<undefined>;
es: Field<number>;
_pad3: Field<undefined>;
ds: Field<number>;
_pad4: Field<undefined>;
fs: Field<number>;
_pad5: Field<undefined>;
gs: Field<number>;
_pad6: Field<undefined>;
}>;

export type UserRegs32 = Decoded<typeof USER_REGS_32>;

export type UserRegs64 = Decoded<typeof USER_REGS_64>;

type ValueOf<F> = F extends LayoutField<string, infer V> ? V : never;

export const VCPU_CONTEXT_32: Structure<    {
fpu_ctxt: Structure<    {
fcw: Field<number>;
fsw: Field<number>;
ftw: Field<number>;
_reserved: Field<undefined>;
fop: Field<number>;
fip: Field<bigint>;
fdp: Field<bigint>;
mxcsr: Field<number>;
mxcsr_mask: Field<number>;
st: Field<Uint8Array<ArrayBufferLike>[]>;
xmm: Field<Uint8Array<ArrayBufferLike>[]>;
software: Field<Uint8Array<ArrayBufferLike>>;
}>;
flags: Field<number>;
user_regs: Structure<    {
ebx: Field<number>;
ecx: Field<number>;
edx: Field<number>;
esi: Field<number>;
edi: Field<number>;
ebp: Field<number>;
eax: Field<number>;
error_code: Field<number>;
entry_vector: Field<number>;
eip: Field<number>;
cs: Field<number>;
saved_upcall_mask: Field<number>;
_pad0: Field<undefined>;
eflags: Field<number>;
esp: Field<number>;
ss: Field<number>;
_pad1: Field<undefined>;
es: Field<number>;
_pad2: Field<undefined>;
ds: Field<number>;
_pad3: Field<undefined>;
fs: Field<number>;
_pad4: Field<undefined>;
gs: Field<number>;
_pad5: Field<undefined>;
}>;
trap_ctxt: Field<StructureValue<    {
vector: Field<number>;
flags: Field<number>;
cs: Field<number>;
address: Field<number>;
}>[]>;
ldt_base: Field<number>;
ldt_ents: Field<number>;
gdt_frames: Field<number[]>;
gdt_ents: Field<number>;
kernel_ss: Field<number>;
kernel_sp: Field<number>;
ctrlreg: Field<number[]>;
debugreg: Field<number[]>;
event_callback_cs: Field<number>;
event_callback_eip: Field<number>;
failsafe_callback_cs: Field<number>;
failsafe_callback_eip: Field<number>;
vm_assist: Field<number>;
}>;

export const VCPU_CONTEXT_64: Structure<    {
fpu_ctxt: Structure<    {
fcw: Field<number>;
fsw: Field<number>;
ftw: Field<number>;
_reserved: Field<undefined>;
fop: Field<number>;
fip: Field<bigint>;
fdp: Field<bigint>;
mxcsr: Field<number>;
mxcsr_mask: Field<number>;
st: Field<Uint8Array<ArrayBufferLike>[]>;
xmm: Field<Uint8Array<ArrayBufferLike>[]>;
software: Field<Uint8Array<ArrayBufferLike>>;
}>;
flags: Field<bigint>;
user_regs: Structure<    {
r15: Field<bigint>;
r14: Field<bigint>;
r13: Field<bigint>;
r12: Field<bigint>;
rbp: Field<bigint>;
rbx: Field<bigint>;
r11: Field<bigint>;
r10: Field<bigint>;
r9: Field<bigint>;
r8: Field<bigint>;
rax: Field<bigint>;
rcx: Field<bigint>;
rdx: Field<bigint>;
rsi: Field<bigint>;
rdi: Field<bigint>;
error_code: Field<number>;
entry_vector: Field<number>;
rip: Field<bigint>;
cs: Field<number>;
_pad0: Field<undefined>;
saved_upcall_mask: Field<number>;
_pad1: Field<undefined>;
rflags: Field<bigint>;
rsp: Field<bigint>;
ss: Field<number>;
_pad2: Field<undefined>;
es: Field<number>;
_pad3: Field<undefined>;
ds: Field<number>;
_pad4: Field<undefined>;
fs: Field<number>;
_pad5: Field<undefined>;
gs: Field<number>;
_pad6: Field<undefined>;
}>;
trap_ctxt: Field<StructureValue<    {
vector: Field<number>;
flags: Field<number>;
cs: Field<number>;
_pad: Field<undefined>;
address: Field<bigint>;
}>[]>;
ldt_base: Field<bigint>;
ldt_ents: Field<bigint>;
gdt_frames: Field<bigint[]>;
gdt_ents: Field<bigint>;
kernel_ss: Field<bigint>;
kernel_sp: Field<bigint>;
ctrlreg: Field<bigint[]>;
debugreg: Field<bigint[]>;
event_callback_eip: Field<bigint>;
failsafe_callback_eip: Field<bigint>;
syscall_callback_eip: Field<bigint>;
vm_assist: Field<bigint>;
fs_base: Field<bigint>;
gs_base_kernel: Field<bigint>;
gs_base_user: Field<bigint>;
}>;

export type VcpuContext = ({
    width: 4;
} & VcpuContext32) | ({
    width: 8;
} & VcpuContext64);

export type VcpuContext32 = Decoded<typeof VCPU_CONTEXT_32>;

export type VcpuContext64 = Decoded<typeof VCPU_CONTEXT_64>;

type VcpuRecordName = 'X86_PV_VCPU_BASIC' | 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_XSAVE' | 'X86_PV_VCPU_MSRS';

export interface VcpuReport {
    readonly cr3: bigint | undefined;
    readonly cr3Pfn: number | undefined;
    readonly online: boolean;
    readonly rflags: bigint;
    readonly rip: bigint;
    readonly rsp: bigint;
    readonly vcpu: number;
}

export function verifyChain(files: readonly ChainFile[]): Promise<VerifyReport[]>;

export interface VerifyOptions {
    readonly framing?: Framing;
    readonly limit?: number;
    readonly stopAtFirst?: boolean;
}

export interface VerifyReport {
    problems: Problem[];
    stats: VerifyStats;
    warnings: Problem[];
}

export interface VerifyStats {
    bytes: number;
    framing: Framing | undefined;
    libxcRecords: number;
    libxlRecords: number;
    pages: number;
    suppressed: number;
}

export function verifyStream(reader: ByteReader, options?: VerifyOptions): Promise<VerifyReport>;

export const VGCF: {
    readonly i387_valid: number;
    readonly in_kernel: number;
    readonly failsafe_disables_events: number;
    readonly syscall_disables_events: number;
    readonly online: number;
    readonly in_syscall: number;
};

export function writeMemoryImage(reader: ByteReader, file: ImageFile, format: ImageFormat): Promise<ImageReport>;

export const XL_FLAG_JSON = 1;

export const XL_FLAG_STREAM_V2 = 2;

export const XL_SPEC = "xl.h, save_file_header";

export interface XlHeader {
    byteorder: 'little' | 'big';
    config?: string;
    mandatoryFlags: number;
    optionalData: Uint8Array;
    optionalFlags: number;
}

export function xlHeaderFor(config: string): XlHeader;

declare const XSAVE_LEGACY: Structure<    {
fpu_sse: Structure<    {
fcw: Field<number>;
fsw: Field<number>;
ftw: Field<number>;
_reserved: Field<undefined>;
fop: Field<number>;
fip: Field<bigint>;
fdp: Field<bigint>;
mxcsr: Field<number>;
mxcsr_mask: Field<number>;
st: Field<Uint8Array<ArrayBufferLike>[]>;
xmm: Field<Uint8Array<ArrayBufferLike>[]>;
software: Field<Uint8Array<ArrayBufferLike>>;
}>;
xsave_hdr: Structure<    {
xstate_bv: Field<bigint>;
xcomp_bv: Field<bigint>;
reserved: Field<bigint[]>;
}>;
}>;

declare const XSAVE_MASKS: Structure<    {
xfeature_mask: Field<bigint>;
xcr0: Field<bigint>;
xcr0_accum: Field<bigint>;
}>;

export interface XsaveArea extends Decoded<typeof XSAVE_LEGACY> {
    readonly components: Uint8Array;
}

export interface XsaveState extends Decoded<typeof XSTATE_MASKS> {
    readonly area: XsaveArea | undefined;
}

declare const XSTATE_MASKS: Structure<    {
xcr0: Field<bigint>;
xcr0_accum: Field<bigint>;
}>;
