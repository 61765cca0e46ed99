import { ChainError, StreamError } from '@xen-migration/stream-format';
import { isHypervisorError } from '../hypervisor/errors.js';

/** Where a restore is; it names where a failure happened. */
export type RestorePhase = 'headers' | 'setup' | 'static-data' | 'contents' | 'checkpoint' | 'completion';

export type RestoreErrorCode =
  /** The AbortSignal was aborted. */
  | 'ABORTED'
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
  | 'NO_MEMORY'
  | 'MAP_FAILED'
  /** A page table names a page that the guest does not have: pfn and entry say which. */
  | 'UNTRANSLATABLE_ENTRY'
  /** A vcpu's state names a frame that is not, or not of the kind, that it must be. */
  | 'BAD_VCPU'
  /** Pages that should hold the guest's p2m do not. */
  | 'BAD_P2M'
  /** The hypervisor refused a page table. */
  | 'PAGE_TABLES'
  /** A hypervisor operation failed; see `cause`. */
  | 'HYPERVISOR'
  | 'INTERNAL';

export interface RestoreErrorDetails {
  /** Where it is not the one that was read last. */
  readonly record?: RecordPosition;
  readonly pfn?: number;
  readonly mfn?: number;
  readonly entry?: number;
  readonly vcpu?: number;
  readonly cause?: unknown;
}

/** A failure of the code below, before it is known in which phase and at which record it happened. */
export class RestoreFault extends Error {
  override readonly name = 'RestoreFault';
  constructor(
    readonly code: RestoreErrorCode,
    message: string,
    readonly details: RestoreErrorDetails = {},
  ) {
    super(message);
  }
}

/** The record that was being worked on or read, and where in the stream it begins (or, if it can't be read, goes wrong). */
export interface RecordPosition {
  readonly index: number;
  readonly type: string;
  readonly offset: number;
}

/**
 * A restore that failed. The domain holds what was restored so far; nothing of it is given back: the toolstack destroys
 * the domain.
 */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly pfn: number | undefined;
  readonly mfn: number | undefined;
  readonly entry: number | undefined;
  readonly vcpu: number | undefined;

  constructor(
    readonly code: RestoreErrorCode,
    readonly phase: RestorePhase,
    readonly domid: number,
    message: string,
    details: RestoreErrorDetails,
    /** Undefined before the first record. */
    readonly record: RecordPosition | undefined,
    /** Bytes of the stream that had been read. */
    readonly offset: number,
  ) {
    const where = record === undefined ? '' : `, record ${record.index} (${record.type}, at offset ${record.offset})`;
    super(`restore of domain ${domid}, ${phase}${where}: ${message}`, { cause: details.cause });
    this.pfn = details.pfn;
    this.mfn = details.mfn;
    this.entry = details.entry;
    this.vcpu = details.vcpu;
  }
}

/** Gives whatever was thrown a code. */
export function faultOf(thrown: unknown): RestoreFault {
  if (thrown instanceof RestoreFault) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof ChainError) return new RestoreFault('BAD_RECORD', message, { cause: thrown });
  if (thrown instanceof StreamError) return new RestoreFault('STREAM', message, { cause: thrown });
  if (isHypervisorError(thrown)) return new RestoreFault('HYPERVISOR', message, { cause: thrown });
  return new RestoreFault('INTERNAL', message, { cause: thrown });
}

export function hexPfn(pfn: number): string {
  return pfn < 0 ? 'no frame' : `0x${pfn.toString(16)}`;
}
