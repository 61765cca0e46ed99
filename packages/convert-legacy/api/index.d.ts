import { ByteReader } from '@xen-migration/stream-format';
import { ByteSink } from '@xen-migration/stream-format';
import { ByteSource } from '@xen-migration/stream-format';

export interface ConversionOptions {
    readonly format?: 'libxc' | 'libxl';
    readonly guestType?: GuestType;
    readonly skipQemu?: boolean;
    readonly trace?: (line: string) => void;
    readonly width?: ToolstackWidth;
    readonly xlHeader?: boolean;
}

export interface ConversionReport {
    readonly bytesRead: number;
    readonly detected: readonly string[];
    readonly guestType: GuestType;
    readonly guestWidth?: 4 | 8;
    readonly lastCheckpoint: boolean;
    readonly p2mSize: number;
    readonly pages: number;
    readonly vcpus: readonly number[];
    readonly width: ToolstackWidth;
}

export interface ConvertedSource extends ByteSource {
    readonly report: ConversionReport | undefined;
}

export function convertedSource(reader: ByteReader, options?: ConversionOptions): ConvertedSource;

export function convertLegacyStream(reader: ByteReader, sink: ByteSink, options?: ConversionOptions): Promise<ConversionReport>;

export interface Detected extends Kind {
    readonly why: readonly string[];
}

export function detectLegacy(reader: ByteReader, known?: Partial<Kind>): Promise<Detected>;

export type GuestType = 'pv' | 'hvm';

export interface Kind {
    readonly guestType: GuestType;
    readonly width: ToolstackWidth;
}

export function legacyToV2(source: Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableStream<Uint8Array>, options?: ConversionOptions): AsyncGenerator<Uint8Array>;

export type ToolstackWidth = 32 | 64;
