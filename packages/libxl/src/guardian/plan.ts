import type { MigrationMessage } from '@xen-migration/stream-format';

/** What becomes of a domain once its save file is whole. */
export type AfterSave = 'destroy' | 'resume' | 'resume-paused';

/**
 * What must be done if the process that works on a domain dies now. It tells its guardian the whole plan anew whenever
 * that changes; the guardian carries out the last one it heard of.
 */
export type Plan = readonly PlanStep[];

export type PlanStep =
  /** A file that is not whole. */
  | { readonly do: 'remove-file'; readonly path: string }
  /** The source of a save or a migration runs on; `asked`: it may have been asked to suspend. */
  | {
      readonly do: 'run-source';
      readonly domid: number;
      readonly uuid: string;
      readonly asked: boolean;
      /** The name that it must have. */
      readonly name?: string;
    }
  | { readonly do: 'destroy'; readonly domid: number; readonly uuid: string }
  /** A domain with this uuid that is none of the `others`, should it have been made. */
  | { readonly do: 'destroy-new'; readonly uuid: string; readonly others: readonly number[] }
  /** The sender of a migration may have its domain back: ours is destroyed. Done only where all before it was. */
  | { readonly do: 'give-back' }
  /**
   * The save is whole. Where the file has its name already what was to follow is done; otherwise the file goes and the
   * domain runs on.
   */
  | {
      readonly do: 'complete-save';
      readonly temporary: string;
      readonly path: string;
      readonly domid: number;
      readonly uuid: string;
      readonly after: AfterSave;
    }
  /** The sender has said GO: its copy is started, whatever becomes of the receiver's process. */
  | ({ readonly do: 'start-received' } & StartReceived)
  /** A domain that was created or restored is all there: it is let run, as it would have been in a moment. */
  | { readonly do: 'start-made'; readonly domid: number; readonly uuid: string };

export interface StartReceived {
  readonly domid: number;
  readonly uuid: string;
  /** The name that it gets. */
  readonly name: string;
  /** It is left paused. */
  readonly paused: boolean;
}

/** What the owner of an operation writes to its guardian, one JSON text a line. */
export type OwnerMessage =
  | { readonly kind: 'plan'; readonly plan: Plan }
  /** What the peer says is read by the guardian alone, so that not a byte of it is lost with the owner. */
  | { readonly kind: 'expect'; readonly message: MigrationMessage }
  /** The final handshake of a migration: from here on it is the guardian's (migrate/hand-over.ts). */
  | { readonly kind: 'hand-over'; readonly source: HandOverSource };

/** What a guardian answers. */
export type GuardianMessage =
  /** `why`: it did not come. */
  | { readonly kind: 'heard'; readonly why?: string }
  | { readonly kind: 'event'; readonly event: HandOverEvent }
  | { readonly kind: 'handed-over'; readonly outcome: HandOverOutcome };

/** The domain that a migration takes away. */
export interface HandOverSource {
  readonly domid: number;
  readonly uuid: string;
  readonly name: string | undefined;
}

export type HandOverEvent =
  | { readonly step: 'giving-permission' }
  | { readonly step: 'target-started' }
  /** The target could not start it, with this status, and has given it back. */
  | { readonly step: 'given-back'; readonly status: number }
  | { readonly step: 'resumed' };

/** How a final handshake ended. */
export type HandOverOutcome =
  | { readonly kind: 'moved'; readonly problems: readonly string[] }
  /** The target could not start it and gave it back; it runs here again. */
  | { readonly kind: 'returned'; readonly status: number; readonly problems: readonly string[] }
  /** Nobody knows whether the target runs it: it stays suspended here. */
  | { readonly kind: 'unknown'; readonly why: string }
  /** Nothing was given away. */
  | { readonly kind: 'failed'; readonly why: string };

/** Descriptors in the guardian where the connection to the other end is. */
export const GUARDIAN_FD = { toPeer: 3, fromPeer: 4 } as const;

export function encodeLine(message: OwnerMessage | GuardianMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** Splits what arrives into lines. */
export class LineSplitter {
  private rest = '';

  push(text: string): string[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    return lines;
  }
}
