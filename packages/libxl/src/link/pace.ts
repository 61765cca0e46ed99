import { setTimeout as sleep } from 'node:timers/promises';

/** How much may be saved up while less was sent than allowed. */
const BURST_MS = 50;

/** Keeps a sender to so many bytes a second. */
export class Pace {
  /** Not for the moment. */
  lifted = false;
  private readyAt: number;

  constructor(
    private readonly bytesPerSecond: number,
    private readonly now: () => number = () => performance.now(),
    private readonly wait: (ms: number) => Promise<unknown> = sleep,
  ) {
    this.readyAt = now();
  }

  /** Resolves when these bytes may go out. */
  async take(bytes: number): Promise<void> {
    if (this.lifted) return;
    const now = this.now();
    const start = Math.max(this.readyAt, now - BURST_MS);
    this.readyAt = start + (bytes / this.bytesPerSecond) * 1000;
    if (start > now) await this.wait(start - now);
  }
}
