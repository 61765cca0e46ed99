import { closeSync, openSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Resolves when a descriptor may be ready: whoever waits tries again. */
export type Ready = (fd: number, use: 'read' | 'write') => Promise<void>;

const FIRST_MS = 1;
const LONGEST_MS = 32;

/**
 * A descriptor on which reads or writes wait. One that some other process has set to non-blocking answers EAGAIN instead:
 * `ready` says then when to try again. Without it a pipe or a terminal that is read is opened anew, which is an opening of
 * our own that waits; all else is tried ever more seldom.
 */
export class WaitingDescriptor {
  private anew: number | undefined;

  constructor(
    private readonly fd: number,
    private readonly use: 'read' | 'write',
    private readonly ready: Ready | undefined,
  ) {}

  async whenReady<T>(operation: (fd: number) => Promise<T>): Promise<T> {
    for (let ms = FIRST_MS; ; ms = Math.min(2 * ms, LONGEST_MS)) {
      const fd = this.anew ?? this.fd;
      try {
        return await operation(fd);
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      }
      if (this.ready !== undefined) await this.ready(fd, this.use);
      else if (!this.openAnew()) await setTimeout(ms);
    }
  }

  /** Of what was opened here, not of the descriptor itself. */
  close(): void {
    if (this.anew !== undefined) closeSync(this.anew);
    this.anew = undefined;
  }

  /** Linux leads to what a descriptor is open to by a name. A pipe without one of its own never waits for its other end. */
  private openAnew(): boolean {
    if (this.use === 'write' || this.anew !== undefined) return false;
    const name = `/proc/self/fd/${this.fd}`;
    try {
      if (!/^(?:pipe:\[|\/dev\/(?:pts\/|tty))/.test(readlinkSync(name))) return false;
      this.anew = openSync(name, 'r');
      return true;
    } catch {
      return false;
    }
  }
}
