/** `legacy`: a stream of Xen 4.5 and older, whose records are called chunks. */
export type StreamLayer = 'xl' | 'libxl' | 'libxc' | 'wire' | 'legacy';

export type StreamErrorCode =
  /** The input ended inside of something. */
  | 'TRUNCATED'
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

/** The record in which something was found. `index` counts the records of its layer from 0. */
export interface RecordPlace {
  readonly index: number;
  readonly type: number;
  readonly name: string;
}

/** Where in the layers of a stream a reader is. */
export interface StreamPlace {
  readonly layer: StreamLayer;
  readonly record?: RecordPlace | undefined;
  /** What the place is called where there are no records. */
  readonly part?: string | undefined;
  /** Document and section that rules this place. */
  readonly spec: string;
}

export interface StreamErrorDetails extends StreamPlace {
  readonly code: StreamErrorCode;
  /** Bytes from the start of the stream. */
  readonly offset: number;
  /** Stable name of the rule that was broken. */
  readonly rule: string;
}

/** The stream is not what the format says; names where, and what rules that place. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: StreamErrorCode;
  readonly offset: number;
  readonly layer: StreamLayer;
  readonly record: RecordPlace | undefined;
  readonly rule: string;
  readonly spec: string;
  /** What is wrong, without the place. */
  readonly detail: string;

  constructor(message: string, details: StreamErrorDetails) {
    const what = details.layer === 'legacy' ? 'chunk' : 'record';
    const record = details.record === undefined ? '' : `, ${what} ${details.record.index} (${details.record.name})`;
    const part = details.part === undefined ? '' : `, ${details.part}`;
    super(`offset ${details.offset}: ${details.layer}${part}${record}: ${message}`);
    this.code = details.code;
    this.offset = details.offset;
    this.layer = details.layer;
    this.record = details.record;
    this.rule = details.rule;
    this.spec = details.spec;
    this.detail = message;
  }
}
