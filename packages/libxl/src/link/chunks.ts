import type { Readable } from 'node:stream';

/** What is taken ahead of its consumer. */
const AHEAD = 1024 * 1024;

/**
 * The chunks of a stream as they were read. (A stream's own iterator puts together, by copying, all that has come since it
 * was last asked.)
 */
export class Chunks {
  private readonly waiting: Buffer[] = [];
  private bytes = 0;
  private over: { readonly error?: Error } | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly input: Readable) {
    input.on('data', (chunk: Buffer) => this.push(chunk));
    input.once('end', () => this.end({}));
    input.once('error', (error) => this.end({ error }));
    // Destroyed before its end.
    input.once('close', () => this.end(input.errored ? { error: input.errored } : {}));
    if (input.destroyed) this.end({});
  }

  /** Nothing waits to be taken at the moment. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** undefined at the end. @throws Error of the stream */
  async next(): Promise<Buffer | undefined> {
    while (this.waiting.length === 0) {
      if (this.over?.error !== undefined) throw this.over.error;
      if (this.over !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const chunk = this.waiting.shift();
    this.bytes -= chunk?.length ?? 0;
    if (this.input.isPaused() && this.bytes < AHEAD / 2) this.input.resume();
    return chunk;
  }

  private push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.waiting.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes >= AHEAD) this.input.pause();
    this.woken();
  }

  private end(over: { readonly error?: Error }): void {
    this.over ??= over;
    this.woken();
  }

  private woken(): void {
    this.wake?.();
    this.wake = undefined;
  }
}
