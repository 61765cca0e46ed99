import { BigIntStats } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Writable } from 'node:stream';

declare class ByteReader {
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

interface ByteSink {
    writev(parts: readonly Uint8Array[]): Promise<void>;
}

interface ByteSource {
    close?(): Promise<void>;
    read(into: Uint8Array): Promise<number>;
    readSync?(into: Uint8Array): number;
    readv?(targets: Uint8Array[]): Promise<number>;
    readWhole?(into: Uint8Array): Promise<number>;
    skip?(n: number): Promise<number>;
    skipSync?(n: number): number;
}

interface ChainFile {
    open(): Promise<ByteReader>;
    readAt(offset: number, into: Uint8Array): Promise<void>;
}

export function chainFile(path: string): ChainFile & {
    close(): void;
};

export function createOutput(path: string, options?: OutputOptions): Promise<OutputFile>;

export function fdSink(fd: number, ready?: Ready): ByteSink;

export function fdSource(fd: number, ready?: Ready): ByteSource;

export function fileSink(fd: number): ByteSink;

export function fileSource(from: string | number): ByteSource;

interface ImageFile {
    truncate(size: number): Promise<void>;
    write(offset: number, bytes: Uint8Array): Promise<void>;
}

export function imageFile(fd: number): ImageFile;

export function kindOfFile(fd: number): Pick<BigIntStats, 'isFile' | 'isFIFO' | 'isSocket'>;

export function openedOutput(fd: number): OutputFile;

export function openInput(path: string): Promise<ByteReader>;

export interface OutputFile {
    abandon(): Promise<void>;
    commit(): Promise<void>;
    readonly fd: number;
}

export interface OutputOptions {
    readonly beforeAppearing?: () => void;
    readonly mode?: number;
    readonly onTemporary?: (path: string) => void;
}

export type Ready = (fd: number, use: 'read' | 'write') => Promise<void>;

interface RecordPlace {
    readonly index: number;
    readonly name: string;
    readonly type: number;
}

export function removeUnfinished(): void;

type StreamLayer = 'xl' | 'libxl' | 'libxc' | 'wire' | 'legacy';

interface StreamPlace {
    readonly layer: StreamLayer;
    readonly part?: string | undefined;
    readonly record?: RecordPlace | undefined;
    readonly spec: string;
}

export function streamSink(stream: Writable): ByteSink;

export function streamSource(stream: Readable): ByteSource;
