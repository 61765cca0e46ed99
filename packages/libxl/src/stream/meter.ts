import type { SaveProgress } from '@xen-migration/libxc';

/** What a transfer does at this moment, for people and for whoever decides about it. */
export interface TransferStatistics {
  /** Counted from 1; 0 before the first. */
  readonly pass: number;
  /** Pages of this pass that are gone, and what it promised. */
  readonly pagesDone: number;
  readonly pagesTotal: number;
  /** Of the stream, so far. */
  readonly bytes: number;
  readonly elapsedMs: number;
  /** Bytes in a second, over the last two seconds or so. */
  readonly throughput: number;
  /** Pages that the guest wrote in a second during the last pass; undefined before the second one. */
  readonly dirtyRate: number | undefined;
  /** Bytes of this pass that are still to go. */
  readonly remainingBytes: number;
  /**
   * Milliseconds that the guest would stand still if it were suspended at the end of this pass: for what it writes until
   * then. Undefined where nobody knows yet.
   */
  readonly expectedDowntimeMs: number | undefined;
  /** Percent of its CPU time that the guest loses at the moment, so that it can be copied. */
  readonly throttle: number;
}

/** A pass over the memory that is done. */
export interface TransferPass {
  readonly pages: number;
  readonly bytes: number;
  readonly ms: number;
  /** The guest was suspended. */
  readonly suspended: boolean;
}

const WINDOW_MS = 2_000;
const PAGE_SIZE = 4096;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

interface OpenPass {
  readonly iteration: number;
  readonly phase: SaveProgress['phase'];
  readonly startedAt: number;
  readonly startedBytes: number;
  pages: number;
}

/** Measures a save from its progress. Times are milliseconds of one clock, `performance.now()` by default. */
export class TransferMeter {
  private readonly start: number;
  private samples: Sample[] = [];
  private readonly done: TransferPass[] = [];
  private open: OpenPass | undefined;
  private dirtyRate: number | undefined;
  /** Pages of the largest pass, which is the guest. */
  private largest = 0;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.start = now();
  }

  /** The passes that are over; after the end of the save, all of them. */
  get passes(): readonly TransferPass[] {
    return this.done;
  }

  observe(progress: SaveProgress): TransferStatistics {
    const at = this.now();
    this.sample({ at, bytes: progress.bytes });
    this.followPass(progress, at);
    const throughput = this.throughput();
    const pageBytes = this.bytesPerPage(progress);
    const remainingBytes = Math.max(0, progress.pagesTotal - progress.pagesDone) * pageBytes;
    return {
      pass: this.open === undefined ? this.done.length : this.done.length + 1,
      pagesDone: progress.pagesDone,
      pagesTotal: progress.pagesTotal,
      bytes: progress.bytes,
      elapsedMs: at - this.start,
      throughput,
      dirtyRate: this.dirtyRate,
      remainingBytes,
      throttle: progress.throttle,
      expectedDowntimeMs: this.expectedDowntime(progress, at, throughput, remainingBytes),
    };
  }

  private sample(sample: Sample): void {
    this.samples.push(sample);
    while (this.samples.length > 2 && (this.samples[1]?.at ?? 0) < sample.at - WINDOW_MS) this.samples.shift();
    // A report for each batch is more than the window needs.
    if (this.samples.length > 512) this.samples = this.samples.filter((_, i) => i % 2 === 0 || i === 511);
  }

  private throughput(): number {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }

  /** A pass begins where pages are promised, and ends where another one or another phase begins. */
  private followPass({ phase, iteration, pagesDone, pagesTotal, bytes }: SaveProgress, at: number): void {
    const { open } = this;
    if (open !== undefined && open.phase === phase && open.iteration === iteration) {
      open.pages = pagesDone;
      return;
    }
    if (open !== undefined) this.close(open, bytes, at);
    this.open = undefined;
    if (pagesTotal === 0) return;
    if (open !== undefined && phase !== 'verify' && at > open.startedAt) {
      this.dirtyRate = (pagesTotal / (at - open.startedAt)) * 1000;
    }
    this.largest = Math.max(this.largest, pagesTotal);
    this.open = { iteration, phase, startedAt: at, startedBytes: bytes, pages: pagesDone };
  }

  private close(open: OpenPass, bytes: number, at: number): void {
    this.done.push({
      pages: open.pages,
      bytes: bytes - open.startedBytes,
      ms: at - open.startedAt,
      suspended: open.phase !== 'precopy',
    });
  }

  /** Pages without data cost next to nothing: what this pass's pages took so far tells. */
  private bytesPerPage({ pagesDone, bytes }: SaveProgress): number {
    if (this.open === undefined || pagesDone === 0) return PAGE_SIZE;
    return (bytes - this.open.startedBytes) / pagesDone;
  }

  private expectedDowntime(
    { phase }: SaveProgress,
    at: number,
    throughput: number,
    remainingBytes: number,
  ): number | undefined {
    const { open, dirtyRate } = this;
    if (throughput === 0 || open === undefined) return undefined;
    const remainingMs = (remainingBytes / throughput) * 1000;
    if (phase !== 'precopy') return remainingMs;
    if (dirtyRate === undefined) return undefined;
    const passMs = at - open.startedAt + remainingMs;
    // No more pages can be dirty than there are.
    const dirtied = Math.min((dirtyRate * passMs) / 1000, this.largest);
    return ((dirtied * PAGE_SIZE) / throughput) * 1000;
  }
}
