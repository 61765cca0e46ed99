import { LibxlError, type LibxlErrorCode } from '../errors.js';
import type { SenderState } from './states.js';

/** Where the source is after a migration that did not succeed. */
export type SourceFate =
  /** It runs here; it never stopped, or was resumed. `cleanup` says what it lacks, as a device model that has died. */
  | 'runs'
  /** It is suspended here, called NAME--migratedaway: the target may run it. */
  | 'suspended'
  /** It should run here, but could not be made to; `cleanup` says why. */
  | 'stuck';

/** A migration that its sender could not finish. */
export class MigrationError extends LibxlError {
  constructor(
    code: LibxlErrorCode,
    message: string,
    /** How far it had got. */
    readonly at: SenderState,
    readonly source: SourceFate,
    details: { domid: number; cause?: unknown; cleanup?: readonly string[] },
    /** What the target reported, where it did. */
    readonly targetStatus?: number,
  ) {
    super(code, message, details);
  }
}
