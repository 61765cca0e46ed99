import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteSink } from '@xen-migration/stream-format';

/** What may go out at once after a pause, in milliseconds of the rate. */
const BURST_MS = 100;

/**
 * A token bucket before a sink: a write waits until those before it have been paid for at the rate. A write goes out
 * whole, so that nothing of the guest stays mapped longer than its own write takes.
 */
export class BandwidthLimit implements ByteSink {
  private paidUntil = 0;

  constructor(
    private readonly sink: ByteSink,
    /** Bytes per second; asked before each write. undefined: no limit at the moment. */
    private readonly rate: () => number | undefined,
    private readonly signal?: AbortSignal,
  ) {}

  async writev(parts: readonly Uint8Array[]): Promise<void> {
    const rate = this.rate();
    if (rate === undefined) return this.sink.writev(parts);
    const now = performance.now();
    // An abort is met by whoever writes next; here it only ends the wait.
    if (this.paidUntil > now)
      await sleep(this.paidUntil - now, undefined, { signal: this.signal }).catch(() => undefined);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    this.paidUntil = Math.max(this.paidUntil, performance.now() - BURST_MS) + (bytes / rate) * 1000;
    await this.sink.writev(parts);
  }
}
