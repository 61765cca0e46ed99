export { ChainError, type ChainErrorCode } from './chain-error.js';
export type { ChainFile } from './chain-file.js';
export { type MergeOptions, mergeChain, mergedChain } from './merge.js';
export { type ChainPoint, readChain } from './read-chain.js';
export {
  type PfnRun,
  populatedRecord,
  readPopulated,
  readSnapshot,
  type Snapshot,
  snapshotRecord,
} from './snapshot.js';
export { verifyChain } from './verify-chain.js';
