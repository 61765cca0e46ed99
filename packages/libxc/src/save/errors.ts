import { isHypervisorError } from '../hypervisor/errors.js';
import { BadP2mError } from '../x86/guest-p2m.js';

/** Where a save is; it names where a failure happened. */
export type SavePhase =
  | 'setup'
  | 'static-data'
  | 'precopy'
  | 'suspend'
  | 'stop-and-copy'
  | 'verify'
  | 'final-records'
  | 'checkpoint'
  | 'end';

export type SaveErrorCode =
  /** The AbortSignal was aborted. */
  | 'ABORTED'
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
  | 'NOT_SUSPENDED'
  | 'UNKNOWN_PAGE_TYPE'
  | 'MAP_FAILED'
  /** A PV page table maps a superpage. */
  | 'SUPERPAGE'
  /** A page table of the suspended guest maps what is not the guest's memory: pfn, entry and mfn say which. */
  | 'UNTRANSLATABLE_ENTRY'
  /** A vcpu's register names a frame that is not the guest's memory. */
  | 'UNTRANSLATABLE_FRAME'
  | 'BAD_VCPU_CONTEXT'
  /** The sink failed; see `cause`. */
  | 'WRITE'
  /** COLO: the receiver's list of pages is none. */
  | 'BACK_CHANNEL'
  /** A checkpoint callback failed; see `cause`. */
  | 'CHECKPOINT'
  | 'INTERNAL';

/** What a failure is about; frames as their numbers, an entry as its index in the page table. */
export interface SaveErrorDetails {
  readonly pfn?: number;
  readonly mfn?: number;
  readonly entry?: number;
  readonly vcpu?: number;
  readonly cause?: unknown;
}

/** A failure of the code below, before it is known in which phase it happened. */
export class SaveFault extends Error {
  override readonly name = 'SaveFault';
  constructor(
    readonly code: SaveErrorCode,
    message: string,
    readonly details: SaveErrorDetails = {},
  ) {
    super(message);
  }
}

/**
 * A save that failed. The domain is as it was or, from the phase after 'suspend' on, suspended with its memory intact:
 * the toolstack resumes it. Log-dirty mode is off again unless `cleanupErrors` says otherwise.
 */
export class SaveError extends Error {
  override readonly name = 'SaveError';
  readonly pfn: number | undefined;
  readonly mfn: number | undefined;
  readonly entry: number | undefined;
  readonly vcpu: number | undefined;

  constructor(
    readonly code: SaveErrorCode,
    readonly phase: SavePhase,
    readonly domid: number,
    message: string,
    details: SaveErrorDetails,
    /** What could not be undone, in the order of undoing. */
    readonly cleanupErrors: readonly unknown[],
  ) {
    super(`save of domain ${domid}, ${phase}: ${message}`, { cause: details.cause });
    this.pfn = details.pfn;
    this.mfn = details.mfn;
    this.entry = details.entry;
    this.vcpu = details.vcpu;
  }
}

/** Makes the public error of whatever was thrown. */
export function saveErrorOf(
  thrown: unknown,
  phase: SavePhase,
  domid: number,
  cleanupErrors: readonly unknown[],
): SaveError {
  const { code, message, details } = faultOf(thrown);
  return new SaveError(code, phase, domid, message, details, cleanupErrors);
}

function faultOf(thrown: unknown): SaveFault {
  if (thrown instanceof SaveFault) return thrown;
  const message = textOf(thrown);
  if (isHypervisorError(thrown)) return new SaveFault('HYPERVISOR', message, { cause: thrown });
  if (thrown instanceof BadP2mError) return new SaveFault('BAD_P2M', message, { cause: thrown });
  return new SaveFault('INTERNAL', message, { cause: thrown });
}

export function textOf(e: unknown): string {
  return e instanceof Error ? e.message : String(e);
}
