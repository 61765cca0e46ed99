import type { RecordPlace, StreamLayer, StreamPlace } from '../errors/stream-error.js';

/** Something that is wrong with a stream (error), or that a restored guest may die of (warning). */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** Bytes from the start of the stream. */
  readonly offset: number;
  readonly layer: StreamLayer;
  readonly recordIndex?: number | undefined;
  readonly recordType?: number | undefined;
  readonly recordName?: string | undefined;
  /** Stable name of the rule. */
  readonly rule: string;
  readonly message: string;
  /** Document and section of the rule. */
  readonly spec: string;
}

/** Thrown to end a verification: at the first error where that was asked for, or where nothing can be read on. */
export class EndOfVerification extends Error {
  override readonly name = 'EndOfVerification';
}

export interface Finding extends StreamPlace {
  readonly offset: number;
  readonly rule: string;
  readonly message: string;
}

/** What a verification found; at most `limit` of each kind, so that a hostile stream can't fill the memory. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  /** Found beyond the limit. */
  suppressed = 0;

  constructor(private readonly options: { readonly stopAtFirst: boolean; readonly limit: number }) {}

  /** @throws EndOfVerification where the first error is to be the last */
  error(finding: Finding): void {
    this.add(this.problems, 'error', finding);
    if (this.options.stopAtFirst) throw new EndOfVerification();
  }

  warning(finding: Finding): void {
    this.add(this.warnings, 'warning', finding);
  }

  private add(list: Problem[], severity: Problem['severity'], finding: Finding): void {
    if (list.length >= this.options.limit) {
      this.suppressed++;
      return;
    }
    const { record, offset, layer, rule, message, spec } = finding;
    list.push({ severity, offset, layer, ...recordFields(record), rule, message, spec });
  }
}

function recordFields(record: RecordPlace | undefined): Partial<Problem> {
  if (record === undefined) return {};
  return { recordIndex: record.index, recordType: record.type, recordName: record.name };
}
