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
  RestoreStep,
} from './options.js';
export { restoreDomain } from './restore.js';
