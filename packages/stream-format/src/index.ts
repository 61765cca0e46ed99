export { ByteReader } from './bytes/byte-reader.js';
export { type ByteSink, MemorySink } from './bytes/byte-sink.js';
export { type ByteSource, byteSource } from './bytes/byte-source.js';
export {
  type RecordPlace,
  StreamError,
  type StreamErrorCode,
  type StreamErrorDetails,
  type StreamLayer,
  type StreamPlace,
} from './errors/stream-error.js';
export * from './libxc/page-types.js';
export { LibxcReader } from './libxc/reader.js';
export { LIBXC_RECORD, type LibxcRecordName, libxcRecordName, OPTIONAL_RECORD } from './libxc/record-types.js';
export type {
  HvmParam,
  LibxcHeaders,
  LibxcRecord,
  PageBody,
  PageDataRecord,
  PlainLibxcRecord,
  RecordPosition,
} from './libxc/records.js';
export { LibxcWriter } from './libxc/writer.js';
