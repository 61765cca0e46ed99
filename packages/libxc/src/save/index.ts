export type { AutoConvergeOptions } from './auto-converge.js';
export { BandwidthLimit } from './bandwidth.js';
export { SaveError, type SaveErrorCode, type SavePhase } from './errors.js';
export type {
  CheckpointDecision,
  IncrementalSave,
  SaveCallbacks,
  SaveOptions,
  SaveProgress,
  SaveResult,
} from './options.js';
export {
  type DowntimeTarget,
  downtimePolicy,
  expectedDowntime,
  type PassStats,
  type PrecopyDecision,
  type PrecopyPolicy,
  type PrecopyStats,
  XEN_MAX_ITERATIONS,
  XEN_TARGET_DIRTY_PAGES,
  xenPrecopyPolicy,
} from './policy.js';
export { saveDomain } from './save.js';
