export { type Comparison, compareGuests, diffStreams, type GuestFieldDifference } from './analyse/compare.js';
export type { PageComparison, PageDifference, PageRun } from './analyse/compare-pages.js';
export { diffReference } from './analyse/diff-reference.js';
export { type Guest, readGuest } from './analyse/guest.js';
export { HOST_BOUND, type HostBoundRule, SECTIONS, type Section } from './analyse/host-bound.js';
export { type Inspection, inspectStream, type RecordCount } from './analyse/inspect.js';
export type { MemoryReport, Pass } from './analyse/memory-history.js';
export { type ImageFile, type ImageFormat, type ImageReport, writeMemoryImage } from './analyse/memory-image.js';
export type { ConfigReport, EmulatorReport, StateReport, VcpuReport } from './analyse/state-report.js';
export { BufferedSink } from './bytes/buffered-sink.js';
export { ByteReader } from './bytes/byte-reader.js';
export { type ByteSink, MemorySink } from './bytes/byte-sink.js';
export { type ByteSource, byteSource } from './bytes/byte-source.js';
export { concatBytes } from './bytes/concat.js';
export { gunzipIfNeeded } from './bytes/gunzip.js';
export * from './chain/index.js';
export * from './decode/index.js';
export {
  type RecordPlace,
  StreamError,
  type StreamErrorCode,
  type StreamErrorDetails,
  type StreamLayer,
  type StreamPlace,
} from './errors/stream-error.js';
export { describeLayout } from './layout/describe.js';
export {
  bytes,
  type Field as LayoutField,
  Layout,
  type RecordOf,
  reserved,
  u8,
  u16,
  u32,
  u64,
} from './layout/layout.js';
export { formatReference } from './layout/reference.js';
export { PAGE_SIZE, REC_LENGTH_MAX } from './libxc/layouts.js';
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
export { LibxlReader } from './libxl/reader.js';
export { LIBXL_RECORD, type LibxlRecordName, libxlRecordName } from './libxl/record-types.js';
export type { LibxlHeaders, LibxlRecord, PlainLibxlRecord } from './libxl/records.js';
export { LibxlWriter } from './libxl/writer.js';
export { copyStream } from './stream/copy.js';
export { type StreamEvent, type StreamEventOptions, streamEvents } from './stream/events.js';
export { detectFraming, type Framing } from './stream/framing.js';
export type { Problem } from './verify/findings.js';
export { type VerifyOptions, type VerifyReport, type VerifyStats, verifyStream } from './verify/verify-stream.js';
export {
  encodeMigrationReport,
  MIGRATION_MESSAGES,
  type MigrationMessage,
  readMigrationMessage,
  readMigrationReport,
} from './wire/messages.js';
export { XL_FLAG_JSON, XL_FLAG_STREAM_V2, XL_SPEC } from './xl/layouts.js';
export { encodeXlHeader, readXlHeader, type XlHeader, xlHeaderFor } from './xl/save-header.js';
