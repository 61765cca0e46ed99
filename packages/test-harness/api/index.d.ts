import { ByteReader } from '@xen-migration/stream-format';

export function bench(print?: (text: string) => void, sizes?: readonly number[], largeSizes?: readonly number[], sections?: readonly BenchSection[]): Promise<void>;

export const BENCH_SECTIONS: readonly BenchSection[];

export function benchConvertLegacy(sizesMib?: readonly number[]): Promise<Row[]>;

export function benchDowntime(sizesMib: readonly number[]): Promise<Row[]>;

export function benchMigrate(sizesMib: readonly number[]): Promise<Row[]>;

export type BenchSection = 'verify' | 'legacy' | 'migrate' | 'transfer' | 'memory' | 'downtime';

export function benchTransfer(sizesMib: readonly number[]): Promise<Row[]>;

export function benchVerify(sizesMib: readonly number[]): Promise<Row[]>;

export function benchVerifyRecords(): Promise<Row[]>;

export interface CellName {
    readonly deviceModel?: string;
    readonly guest: string;
    readonly operation: string;
    readonly variant?: string;
}

export interface CellResult extends CellName {
    readonly command?: string;
    readonly kept?: readonly string[];
    readonly log?: string;
    readonly outcome: Outcome;
    readonly seconds?: number;
    readonly why?: string;
}

interface Command {
    readonly apart?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly watchMemory?: boolean;
    readonly words: readonly string[];
}

export interface Figure {
    readonly guest: string;
    readonly name: string;
    readonly seconds: number;
}

export function formatTable(rows: readonly Row[]): string;

export interface FoundXenTools {
    readonly converter: string;
    readonly modules: string;
    readonly python: string;
}

type GuestKind = 'pv32' | 'pv64' | 'hvm';

export interface GuestSpec {
    readonly emulator?: 'traditional' | 'upstream';
    readonly extv?: boolean;
    readonly kind: GuestKind;
    readonly lastCheckpoint?: boolean;
    readonly memory: Memory;
    readonly params?: 'none' | 'usual' | 'all';
    readonly physmap?: readonly PhysmapEntry[];
    readonly tsc?: boolean;
    readonly unmapped?: readonly number[];
    readonly vcpus: readonly number[];
    readonly verify?: boolean;
    readonly width: Width;
    readonly xsave?: number;
}

export function htmlOf(report: MatrixReport): string;

export function isWell(input: MatrixReport): boolean;

export function junitOf(report: MatrixReport): string;

export function legacyFromV2(reader: ByteReader, width: Width): Promise<LegacyOfV2>;

export function legacyGuest(spec: GuestSpec): LegacyWriter;

export interface LegacyOfV2 {
    readonly file: Buffer;
    readonly guestType: 'pv' | 'hvm';
    readonly lost: readonly string[];
    readonly stream: Buffer;
}

interface LegacyVcpu {
    readonly context: Uint8Array;
    readonly extended?: Uint8Array;
    readonly xsave?: Uint8Array;
}

export class LegacyWriter {
    constructor(width: Width);
    batch(words: readonly number[], pages: readonly Uint8Array[]): this;
    bytes(): Buffer;
    chunk(id: number, ...contents: readonly Uint8Array[]): this;
    deviceModel(state: Uint8Array, signature?: string): this;
    endOfBody(): this;
    extendedInfo(blocks: readonly (readonly [id: string, contents: Uint8Array])[]): this;
    hvmParam(id: number, value: number | bigint): this;
    hvmTail(magic: readonly [ioreq: bigint, bufioreq: bigint, store: bigint], context: Uint8Array): this;
    lastCheckpoint(): this;
    p2mFrames(pfns: readonly number[]): this;
    p2mSize(pages: number | bigint): this;
    pvTail(unmapped: readonly number[], vcpus: readonly LegacyVcpu[], sharedInfo: Uint8Array): this;
    raw(...parts: readonly Uint8Array[]): this;
    readonly sections: Buffer[];
    toolstack(entries: readonly PhysmapEntry[], version?: number): this;
    tscInfo(mode: number, nsec: bigint, khz: number, incarnation: number): this;
    vcpuInfo(maxId: number, online: readonly number[]): this;
    readonly width: Width;
}

export function legacyXlHeader(config: string, json: boolean): Buffer;

export interface MatrixReport {
    readonly began: string;
    readonly command: string;
    readonly figures: readonly Figure[];
    readonly host: string;
    readonly name: string;
    readonly results: readonly CellResult[];
    readonly seconds: number;
    readonly seed?: number;
}

declare const MEMORY: {
    readonly plain: "plain";
    readonly single: "single";
    readonly types: "types";
    readonly holes: "holes";
    readonly live: "live";
    readonly none: "none";
};

type Memory = keyof typeof MEMORY;

export type Outcome = (typeof OUTCOMES)[number];

type Outcome_2 = {
    readonly converts: true;
} | {
    readonly refused: string;
};

declare const OUTCOMES: readonly ["ok", "failed", "skipped", "missing"];

interface PhysmapEntry {
    readonly name: string;
    readonly phys: bigint;
    readonly size: bigint;
    readonly start: bigint;
}

export interface Row {
    readonly goal: string;
    readonly met: boolean | undefined;
    readonly ours: string;
    readonly peer: string;
    readonly ratio: string;
    readonly size: string;
    readonly what: string;
}

export interface Run {
    readonly apartMib: number;
    readonly privateMib: number;
    readonly seconds: number;
    readonly stdout: string;
}

export function runOnce(command: Command): Promise<Run>;

export interface Sample {
    readonly framing: 'xl' | 'libxl' | 'libxc';
    readonly name: string;
    readonly stream: Uint8Array;
}

export interface Scenario {
    readonly by: string;
    readonly from: string;
    readonly guest: string;
    readonly guestType: 'pv' | 'hvm';
    readonly outcome: Outcome_2;
    stream(): Buffer;
    readonly why?: string;
    readonly width: Width;
    readonly xlHeader: boolean;
}

export const SCENARIOS: readonly Scenario[];

interface TerminalOutput {
    readonly isTTY?: boolean;
    write(text: string): unknown;
}

export class TerminalTable {
    constructor(planned: readonly CellName[], output: TerminalOutput);
    begin(cell: CellName): void;
    close(): void;
    end(result: CellResult): void;
}

export type Width = 32 | 64;

export function writeReport(folder: string, report: MatrixReport): string;

export type XenTools = FoundXenTools | {
    readonly missing: string;
};

export function xenTools(): XenTools;

export type XenVerdict = string | undefined;

export function xenVerdicts(tools: {
    python: string;
    modules: string;
}, samples: readonly Sample[]): XenVerdict[];
