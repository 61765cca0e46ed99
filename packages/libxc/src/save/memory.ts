import { hasPageData, LibxcReader, type LibxcWriter, type PfnRun } from '@xen-migration/stream-format';
import { PageBitmap } from '../bitmap.js';
import { isHypervisorError } from '../hypervisor/errors.js';
import { MAX_BATCH } from '../hypervisor/frames.js';
import type { LogDirtyStats } from '../hypervisor/hypervisor.js';
import type { AutoConverge } from './auto-converge.js';
import { SaveFault, type SavePhase, textOf } from './errors.js';
import type { SaveGuest } from './guest-type.js';
import type { SaveOptions } from './options.js';
import { PageSender } from './page-sender.js';
import { type PassStats, type PrecopyDecision, type PrecopyStats, xenPrecopyPolicy } from './policy.js';

/** Where the save is, for its errors and its progress. */
export interface Position {
  phase: SavePhase;
}

const NEW_BASE = 'a new base is needed';

/** Which pages go into the stream, and when. The writing of each is the PageSender's. */
export class MemoryCopy {
  /** Passes done. */
  iteration = 0;
  pagesWritten = 0;
  /** The most that the guest was slowed down, in percent. */
  mostThrottled = 0;
  private readonly sender: PageSender;
  private readonly dirty: PageBitmap;

  constructor(
    private readonly options: SaveOptions,
    private readonly guest: SaveGuest,
    private readonly writer: LibxcWriter,
    private readonly at: Position,
    private readonly converge: AutoConverge | undefined,
  ) {
    this.sender = new PageSender(options.hypervisor, options.domid, guest, writer);
    this.dirty = new PageBitmap(guest.pfnCount);
  }

  /** Everything, once. */
  async sendAll(): Promise<void> {
    this.dirty.setAll();
    await this.sendPages(this.guest.pfnCount, true);
    this.iteration++;
  }

  /**
   * Passes over what is dirty, while the guest runs. The policy is asked before each one and after it.
   *
   * @param first what the first pass sends: everything, or what has been written since tracking began
   */
  async precopy(first: 'all' | 'dirty'): Promise<void> {
    const { pfnCount } = this.guest;
    const began = performance.now();
    this.guest.checkUnchanged();
    this.dirty.setAll();
    let toSend = first === 'all' ? pfnCount : (await this.takeDirty(false)).dirty;
    let totalWritten = 0;
    let lastPass: PassStats | undefined;
    const stats = (dirtyCount: number | undefined): PrecopyStats => {
      const elapsedMs = performance.now() - began;
      return { iteration: this.iteration, totalWritten, dirtyCount, elapsedMs, lastPass };
    };
    for (;;) {
      const before = stats(toSend);
      const decision = await this.decide(before);
      if (decision === 'continue') await this.slowDown(before);
      lastPass =
        toSend > 0
          ? await this.timedPass(toSend, first === 'all' && this.iteration === 0)
          : { pages: 0, bytes: 0, ms: 0 };
      totalWritten += toSend;
      if (decision === 'stop-and-copy') return;
      this.iteration++;
      if ((await this.decide(stats(undefined))) === 'stop-and-copy') return;
      toSend = (await this.takeDirty(false)).dirty;
    }
  }

  /** What is dirty or was deferred, of a suspended guest; with COLO also what the receiver's guest wrote. */
  async sendRest(theirDirtyPages: boolean): Promise<void> {
    const { dirty } = await this.takeDirty(true);
    const deferred = this.sender.takeDeferred(this.dirty);
    const theirs = theirDirtyPages ? await this.takeTheirDirty() : 0;
    await this.sendPages(dirty + deferred + theirs);
    this.iteration++;
  }

  /** @throws SaveFault where the hypervisor does not track the guest's writes: a delta would lack some */
  async checkTracked(): Promise<void> {
    const { hypervisor, domid } = this.options;
    const { pfnCount } = this.guest;
    try {
      const { pages } = await hypervisor.logDirty(domid, 'peek', new PageBitmap(pfnCount).bytes, pfnCount, false);
      if (pages === pfnCount) return;
      throw new SaveFault(
        'NOT_TRACKED',
        `the hypervisor tracks ${pages} pages, the guest has ${pfnCount}; ${NEW_BASE}`,
      );
    } catch (e) {
      if (!isHypervisorError(e, 'EINVAL')) throw e;
      throw new SaveFault('NOT_TRACKED', `the guest's writes have not been tracked; ${NEW_BASE}`, { cause: e });
    }
  }

  /** Which pfns of the suspended guest have memory. */
  async populated(): Promise<PfnRun[]> {
    const { hypervisor, domid } = this.options;
    const { pfnCount } = this.guest;
    const runs: { first: number; count: number }[] = [];
    for (let from = 0; from < pfnCount; from += MAX_BATCH) {
      const pfns = Float64Array.from({ length: Math.min(MAX_BATCH, pfnCount - from) }, (_, i) => from + i);
      const types = await hypervisor.pageTypes(domid, this.guest.gfnsOf(pfns));
      for (let i = 0; i < pfns.length; i++) {
        if (!hasPageData(types[i]!)) continue;
        const last = runs.at(-1);
        if (last !== undefined && last.first + last.count === from + i) last.count++;
        else runs.push({ first: from + i, count: 1 });
      }
    }
    return runs;
  }

  /** Everything once more, for the receiver to compare: what differs was changed after the guest was suspended. */
  async verify(): Promise<void> {
    await this.writer.record({ type: 'VERIFY' });
    this.dirty.setAll();
    await this.sendPages(this.guest.pfnCount);
  }

  /** @throws SaveFault once the save's signal is aborted */
  checkAborted(): void {
    const { signal } = this.options;
    if (signal?.aborted) throw new SaveFault('ABORTED', 'cancelled', { cause: signal.reason });
  }

  report(pagesDone: number, pagesTotal: number): void {
    this.options.onProgress?.({
      phase: this.at.phase,
      iteration: this.iteration,
      pagesDone,
      pagesTotal,
      bytes: this.writer.bytesWritten,
      throttle: this.converge?.throttle ?? 0,
    });
  }

  private async decide(stats: PrecopyStats): Promise<Exclude<PrecopyDecision, 'abort'>> {
    const decision = await (this.options.policy ?? xenPrecopyPolicy)(stats);
    if (decision === 'abort') {
      throw new SaveFault('POLICY_ABORT', `the precopy policy gave up after ${stats.iteration} passes`);
    }
    return decision;
  }

  private async slowDown(stats: PrecopyStats): Promise<void> {
    if (this.converge === undefined) return;
    await this.converge.consider(stats);
    this.mostThrottled = Math.max(this.mostThrottled, this.converge.throttle);
  }

  private async timedPass(expected: number, first: boolean): Promise<PassStats> {
    const [bytes, pages, began] = [this.writer.bytesWritten, this.pagesWritten, performance.now()];
    await this.sendPages(expected, first);
    return {
      pages: this.pagesWritten - pages,
      bytes: this.writer.bytesWritten - bytes,
      ms: performance.now() - began,
    };
  }

  /** Sends the pages whose bits are set; `expected` is their promised count, for the progress. */
  private async sendPages(expected: number, first = false): Promise<void> {
    const running = this.at.phase === 'precopy';
    let done = 0;
    this.report(done, expected);
    await this.sender.send(
      this.dirty,
      { running, first },
      {
        before: () => this.checkAborted(),
        after: (entries) => {
          done += entries;
          this.pagesWritten += entries;
          this.report(done, expected);
        },
      },
    );
    if (running) this.guest.checkUnchanged();
  }

  /** Takes over the pages that the hypervisor saw written since the last time, and has it track anew. */
  private async takeDirty(final: boolean): Promise<LogDirtyStats> {
    const { hypervisor, domid } = this.options;
    const { pfnCount } = this.guest;
    const stats = await hypervisor.logDirty(domid, 'clean', this.dirty.bytes, pfnCount, final);
    if (stats.pages === pfnCount) return stats;
    throw new SaveFault('LOG_DIRTY', `the hypervisor tracks ${stats.pages} pages, the guest has ${pfnCount}`);
  }

  /** COLO: what the receiver's guest wrote is as wrong there as what ours wrote. @returns how many pages that may be */
  private async takeTheirDirty(): Promise<number> {
    const record = await new LibxcReader(this.options.backChannel!).next().catch((e: unknown) => {
      throw new SaveFault('BACK_CHANNEL', `what the receiver wrote can't be read: ${textOf(e)}`, { cause: e });
    });
    if (record?.type !== 'CHECKPOINT_DIRTY_PFN_LIST') {
      throw new SaveFault('BACK_CHANNEL', `the receiver sent ${record?.type ?? 'nothing'}, not the pages it wrote`);
    }
    for (const pfn of record.pfns) {
      if (!(pfn >= 0 && pfn < this.guest.pfnCount)) {
        throw new SaveFault('BACK_CHANNEL', `the receiver wrote pfn ${pfn}; the guest has ${this.guest.pfnCount}`);
      }
      this.dirty.set(pfn);
    }
    return record.pfns.length;
  }
}
