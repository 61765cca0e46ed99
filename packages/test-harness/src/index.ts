export { benchConvertLegacy } from './bench/convert-legacy.js';
export { benchDowntime } from './bench/downtime.js';
export { BENCH_SECTIONS, type BenchSection, bench } from './bench/index.js';
export { type Run, runOnce } from './bench/measure.js';
export { benchMigrate } from './bench/migrate.js';
export { formatTable, type Row } from './bench/table.js';
export { benchTransfer } from './bench/transfer.js';
export { benchVerify, benchVerifyRecords } from './bench/verify.js';
export { type Sample, type XenVerdict, xenVerdicts } from './differential/xen-verifier.js';
export { type LegacyOfV2, legacyFromV2 } from './legacy/from-v2.js';
export { type GuestSpec, legacyGuest } from './legacy/guest.js';
export { LegacyWriter, legacyXlHeader, type Width } from './legacy/legacy-writer.js';
export { SCENARIOS, type Scenario } from './legacy/scenarios.js';
export {
  type CellName,
  type CellResult,
  type Figure,
  htmlOf,
  isWell,
  junitOf,
  type MatrixReport,
  type Outcome,
  TerminalTable,
  writeReport,
} from './report/index.js';
export { type FoundXenTools, type XenTools, xenTools } from './xen-tools.js';
