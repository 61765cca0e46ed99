import type { ByteReader, ByteSink } from '@xen-migration/stream-format';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import type { AutoConvergeOptions } from './auto-converge.js';
import type { SavePhase } from './errors.js';
import type { PrecopyPolicy } from './policy.js';

export interface SaveOptions {
  readonly hypervisor: Hypervisor;
  readonly domid: number;
  /** Where the libxc stream goes. Nothing is held back: at each callback all before it has been handed over. */
  readonly sink: ByteSink;
  /** Copy while the guest runs, until the policy says stop. Otherwise the guest is suspended first. */
  readonly live: boolean;
  /** Send all pages once more at the end, for the receiver to compare (live plain streams only). */
  readonly debug: boolean;
  /**
   * Default: 'plain', which ends with END. 'remus' goes on with checkpoints until a callback says stop. 'colo' (HVM only)
   * does too, and the guest runs on both sides between them.
   */
  readonly stream?: 'plain' | 'remus' | 'colo';
  /**
   * Makes the save a part of a chain: without a parent a base, which is an ordinary stream; with one a delta, which holds
   * the pages that were written since the parent (see docs/incremental.md). Plain streams only. When the save succeeds,
   * the guest's writes stay tracked for the next delta; when it fails, they do not, and a new base is needed.
   */
  readonly incremental?: IncrementalSave;
  /** COLO: where the receiver says which pages its guest wrote since the last checkpoint. */
  readonly backChannel?: ByteReader;
  readonly callbacks: SaveCallbacks;
  /** Default: Xen's own. */
  readonly policy?: PrecopyPolicy;
  /** Most that goes out while the guest runs, bytes per second. What is sent of the suspended guest is not held back. */
  readonly bytesPerSecond?: number;
  /** Slow the guest down, by the scheduler's cap, when it writes faster than it can be copied. Default: don't. */
  readonly autoConverge?: AutoConvergeOptions;
  /** Looked at before each batch of pages and before the guest is suspended. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SaveProgress) => void;
}

export interface IncrementalSave {
  /** Of this save: 32 hexadecimal digits that no other save has. */
  readonly id: string;
  /** Id of the save before, after which the guest's writes have been tracked. */
  readonly parent?: string;
}

/** What the toolstack does for a save. A rejection fails the save. */
export interface SaveCallbacks {
  /** Has the guest shut itself down for suspend, and its device model stopped. */
  suspend(): Promise<void>;
  /** Tells the device model to report its own writes (HVM; a PVH guest has none, and nothing is to be done). */
  switchQemuLogdirty(enable: boolean): Promise<void>;
  /** Checkpointed: the guest may run again (its memory has been written). */
  postcopy?(): Promise<CheckpointDecision>;
  /** Checkpointed: the outer layer writes its records; Remus also waits for the next checkpoint's time here. */
  checkpoint?(): Promise<CheckpointDecision>;
  /** COLO: waits until a checkpoint is wanted: the two guests have begun to differ. */
  waitCheckpoint?(): Promise<CheckpointDecision>;
}

/** 'stop' ends a checkpointed save without an error, and without END. */
export type CheckpointDecision = 'continue' | 'stop';

export interface SaveProgress {
  readonly phase: SavePhase;
  /** Passes over the memory that are done. */
  readonly iteration: number;
  /** Entries of this pass. */
  readonly pagesDone: number;
  /**
   * What this pass promised: the guest's pfns in the first, what was dirty when it began in a later one. A pass may
   * send more: the guest goes on writing. 0 outside of passes.
   */
  readonly pagesTotal: number;
  /** Of the stream, so far. */
  readonly bytes: number;
  /** Percent of its CPU time that the guest loses at the moment (autoConverge). */
  readonly throttle: number;
}

export interface SaveResult {
  /** Passes over the memory, the last one included. */
  readonly iterations: number;
  /** Page entries written, pages without data included. */
  readonly pagesWritten: number;
  readonly bytesWritten: number;
  /** Milliseconds from the moment that the toolstack was asked to suspend the guest to the end of the stream. */
  readonly suspendedMs: number;
  /** The most that the guest was slowed down, in percent (autoConverge). */
  readonly mostThrottled: number;
  /** What could not be undone; the stream is whole all the same. */
  readonly cleanupErrors: readonly unknown[];
}
