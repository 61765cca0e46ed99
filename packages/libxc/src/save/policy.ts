/** What the live loop knows between two passes over the guest's memory. */
export interface PrecopyStats {
  /** Passes done. */
  readonly iteration: number;
  /** Pages promised to the passes done: what was dirty when each began, not what was really written. */
  readonly totalWritten: number;
  /** Pages dirty now; undefined right after a pass, before the hypervisor is asked. */
  readonly dirtyCount: number | undefined;
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
