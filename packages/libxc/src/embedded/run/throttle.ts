/** Xen's credit scheduler reckons in periods of 30 ms. */
const PERIOD = 30;
/** Instructions between two looks at the clock. */
const LOOK_EVERY = 16;

/**
 * Keeps a vcpu to its share of a CPU, as a scheduler with a cap does: once it has executed for its share of a period, it
 * stands still until the period is over.
 */
export class Throttle {
  private periodStart = 0;
  /** When the vcpu last began to execute. */
  private since = 0;
  private used = 0;
  private sinceLook = 0;

  /** @param percent of one CPU; 0: no limit */
  constructor(
    private readonly percent: () => number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Between two instructions: milliseconds that the vcpu must stand still now, mostly 0. */
  pause(): number {
    if (++this.sinceLook < LOOK_EVERY) return 0;
    this.sinceLook = 0;
    const percent = this.percent();
    if (percent === 0) return 0;
    const now = this.now();
    if (now - this.periodStart >= PERIOD) {
      this.periodStart = now;
      this.used = 0;
    } else {
      this.used += Math.max(0, now - this.since);
    }
    this.since = now;
    return this.used < (PERIOD * percent) / 100 ? 0 : this.periodStart + PERIOD - now;
  }

  /** The vcpu stood still or waited until now: that was not execution. */
  resumed(): void {
    this.since = this.now();
  }
}
