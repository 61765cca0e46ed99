export {
  type RecordPosition,
  RestoreError,
  type RestoreErrorCode,
  type RestorePhase,
} from './errors.js';
export type {
  BackendChannel,
  MissingStaticData,
  RestoreCallbacks,
  RestoreOptions,
  RestoreProgress,
  RestoreResult,
} from './options.js';
export { restoreDomain } from './restore.js';
