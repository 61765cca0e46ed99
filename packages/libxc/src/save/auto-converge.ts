import { isHypervisorError } from '../hypervisor/errors.js';
import type { Hypervisor, SchedulerCredit } from '../hypervisor/hypervisor.js';
import type { PrecopyStats } from './policy.js';

export interface AutoConvergeOptions {
  /** Percent of its CPU time that the guest loses at first; default 20. */
  readonly initial?: number;
  /** Percent that it loses more with each pass that does not help; default 10. */
  readonly step?: number;
  /** Percent that it loses at most; default 99. */
  readonly most?: number;
}

/** Passes before the guest is slowed down: the first sends everything, and says nothing of what comes. */
const PATIENCE = 2;
/** A pass helps when fewer pages were written during it than this share of those that it sent. */
const HELPS = 0.5;

/**
 * Slows a guest down that writes faster than it can be copied, by the scheduler's cap, more and more until it can. What
 * the cap was before is put back by end().
 */
export class AutoConverge {
  /** Percent of its CPU time that the guest loses now. */
  throttle = 0;
  private before: SchedulerCredit | undefined;
  private unable = false;

  constructor(
    private readonly hypervisor: Hypervisor,
    private readonly domid: number,
    private readonly vcpus: number,
    private readonly options: AutoConvergeOptions,
  ) {}

  /** After a pass, when the count of pages that are dirty again is known. */
  async consider({ iteration, dirtyCount, lastPass }: PrecopyStats): Promise<void> {
    if (this.unable || iteration < PATIENCE || dirtyCount === undefined || lastPass === undefined) return;
    if (dirtyCount < lastPass.pages * HELPS) return;
    const { initial = 20, step = 10, most = 99 } = this.options;
    const wanted = Math.min(this.throttle === 0 ? initial : this.throttle + step, most);
    if (wanted === this.throttle) return;
    try {
      this.before ??= await this.hypervisor.schedulerCredit(this.domid);
      const full = this.before.cap === 0 ? this.vcpus * 100 : this.before.cap;
      const cap = Math.max(1, Math.round((full * (100 - wanted)) / 100));
      await this.hypervisor.setSchedulerCredit(this.domid, { ...this.before, cap });
      this.throttle = wanted;
    } catch (e) {
      // A scheduler without caps: the guest runs on as it is, and the policy decides without this help.
      if (!isHypervisorError(e, 'EINVAL', 'ENOSYS', 'EOPNOTSUPP')) throw e;
      this.unable = true;
    }
  }

  async end(): Promise<void> {
    if (this.before === undefined) return;
    this.throttle = 0;
    await this.hypervisor.setSchedulerCredit(this.domid, this.before);
    this.before = undefined;
  }
}
