/** What the live loop knows between two passes over the guest's memory. The first three are all that Xen's policies get. */
export interface PrecopyStats {
  /** Passes done. */
  readonly iteration: number;
  /** Pages promised to the passes done: what was dirty when each began, not what was really written. */
  readonly totalWritten: number;
  /** Pages dirty now; undefined right after a pass, before the hypervisor is asked. */
  readonly dirtyCount: number | undefined;
  /** Since the first pass began. */
  readonly elapsedMs: number;
  /** The pass before; undefined before the first has ended. */
  readonly lastPass: PassStats | undefined;
}

export interface PassStats {
  /** Entries sent. */
  readonly pages: number;
  /** Of the stream. */
  readonly bytes: number;
  readonly ms: number;
}

export type PrecopyDecision = 'continue' | 'stop-and-copy' | 'abort';

/**
 * Asked twice in each round: before a pass, with the count of dirty pages, and after it, without. Pages that are dirty
 * when the first answer is 'stop-and-copy' are still sent while the guest runs; after the second they are left to the
 * final pass.
 */
export type PrecopyPolicy = (stats: PrecopyStats) => PrecopyDecision | Promise<PrecopyDecision>;

/** Xen's own (libxenguest, xg_sr_save.c): at most five passes, or until fewer than 50 pages are dirty. */
export const XEN_MAX_ITERATIONS = 5;
export const XEN_TARGET_DIRTY_PAGES = 50;

export const xenPrecopyPolicy: PrecopyPolicy = ({ iteration, dirtyCount }) => {
  if (iteration >= XEN_MAX_ITERATIONS) return 'stop-and-copy';
  return dirtyCount !== undefined && dirtyCount < XEN_TARGET_DIRTY_PAGES ? 'stop-and-copy' : 'continue';
};

export interface DowntimeTarget {
  /** How long copying what is dirty may take while the guest stands still. */
  readonly downtimeMs: number;
  /** Passes after which it is given up to reach that; default 30. */
  readonly maxIterations?: number;
  /** What then; default 'stop-and-copy', with whatever downtime that takes. */
  readonly otherwise?: 'stop-and-copy' | 'abort';
}

const DEFAULT_MAX_ITERATIONS = 30;
const PAGE_SIZE = 4096;

/**
 * Goes on until what is dirty could be sent within the target, at the rate that the last pass had. The pages that are
 * dirty when it says stop are still sent live; those that wait for the final pass are the ones written meanwhile, fewer
 * as a rule.
 */
export function downtimePolicy({ downtimeMs, maxIterations, otherwise }: DowntimeTarget): PrecopyPolicy {
  const most = maxIterations ?? DEFAULT_MAX_ITERATIONS;
  return (stats) => {
    const expected = expectedDowntime(stats);
    if (expected !== undefined && expected <= downtimeMs) return 'stop-and-copy';
    return stats.iteration >= most ? (otherwise ?? 'stop-and-copy') : 'continue';
  };
}

/** Milliseconds that the final pass would take for what is dirty now; undefined while that can't be told. */
export function expectedDowntime({ dirtyCount, lastPass }: PrecopyStats): number | undefined {
  if (dirtyCount === undefined || lastPass === undefined) return undefined;
  if (dirtyCount === 0) return 0;
  if (lastPass.bytes === 0 || lastPass.ms === 0) return undefined;
  return (dirtyCount * PAGE_SIZE * lastPass.ms) / lastPass.bytes;
}
