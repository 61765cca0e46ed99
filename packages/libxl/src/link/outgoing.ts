import { encodeHeader } from './carrier.js';
import { ENCODING, FRAME_TYPE, MAX_BLOCK, WINDOW_BYTES, WINDOW_FRAMES } from './layouts.js';
import { compress } from './zstd.js';

/** A sequenced frame that the other end has not acknowledged yet. */
export interface OutgoingFrame {
  readonly sequence: number;
  /** Header and payload. */
  readonly bytes: readonly Buffer[];
  readonly length: number;
}

interface Kept extends OutgoingFrame {
  /** The connection that it went out on; undefined while it waits for one. */
  carrier: object | undefined;
}

const MAX_SEQUENCE = 0xffff_ffff;

/**
 * What one end has to send: numbered, compressed where that helps, and kept until the other end has delivered it. Frames
 * of a connection that broke wait for another one again. No more is kept than the window allows.
 */
export class OutgoingQueue {
  private next = 0;
  /** By sequence number, ascending. */
  private readonly kept = new Map<number, Kept>();
  private done = 0;
  /** Bytes kept or being compressed, and frames being compressed. */
  private bytes = 0;
  private compressing = 0;
  private waiting: (() => void)[] = [];
  private failure: Error | undefined;
  private abandoned = false;
  /** Payload before compression, and what became of it. */
  readonly totals = { rawBytes: 0, wireBytes: 0 };

  constructor(
    private readonly options: {
      /** Whether the other end understands zstd and it is wanted. */
      readonly compress: () => boolean;
      /** Something waits for a connection, or was acknowledged. */
      readonly onChange: () => void;
      /** Something can't be sent. */
      readonly onFailure: (error: Error) => void;
    },
  ) {}

  /** Frames that were numbered. */
  get sent(): number {
    return this.next;
  }

  /** The first frame that the other end has not delivered. */
  get acknowledged(): number {
    return this.done;
  }

  /** All that was given has been delivered. */
  get isEmpty(): boolean {
    return this.kept.size === 0 && this.compressing === 0;
  }

  /** Resolves when there is room for more; at most MAX_BLOCK bytes in one call. The pieces are the queue's from now on. */
  async data(channel: number, block: readonly Buffer[], length = lengthOf(block)): Promise<void> {
    if (length > MAX_BLOCK) throw new RangeError(`a block of ${length} bytes`);
    await this.room(length);
    const sequence = this.number();
    this.totals.rawBytes += length;
    if (!this.options.compress()) {
      this.keep(sequence, FRAME_TYPE.data, channel, ENCODING.raw, block, length, length);
      return;
    }
    // Not awaited: the next blocks are compressed meanwhile.
    this.compressing++;
    void this.compressed(sequence, channel, block, length);
  }

  async end(status: number): Promise<void> {
    await this.room(0);
    this.keep(this.number(), FRAME_TYPE.end, 0, ENCODING.raw, [], 0, status);
  }

  /** The first frame that waits for a connection; it counts as under way on this one now. */
  take(carrier: object): OutgoingFrame | undefined {
    for (const frame of this.kept.values()) {
      if (frame.carrier !== undefined) continue;
      frame.carrier = carrier;
      this.totals.wireBytes += frame.length;
      return frame;
    }
    return undefined;
  }

  /** A connection is no more: what it carried and nobody acknowledged goes out again. */
  release(carrier: object): void {
    for (const frame of this.kept.values()) if (frame.carrier === carrier) frame.carrier = undefined;
    this.options.onChange();
  }

  /**
   * Nobody wants what is sent any more: frames that no connection has taken yet go out empty, so that those behind them
   * keep their numbers.
   */
  abandon(): void {
    this.abandoned = true;
    for (const frame of this.kept.values()) {
      if (frame.carrier !== undefined || frame.length === 0) continue;
      this.bytes -= frame.length;
      this.kept.set(frame.sequence, emptyFrame(frame.sequence));
    }
    this.wake();
    this.options.onChange();
  }

  /** @throws RangeError where the other end acknowledges what was never sent */
  acknowledge(expected: number): void {
    if (expected > this.next) throw new RangeError(`frame ${expected - 1} is acknowledged, and was not sent`);
    for (; this.done < expected; this.done++) {
      const frame = this.kept.get(this.done);
      if (frame === undefined) throw new RangeError(`frame ${this.done} is acknowledged, and was not sent`);
      this.kept.delete(this.done);
      this.bytes -= frame.length;
    }
    this.wake();
    this.options.onChange();
  }

  /** Nothing more can be sent. */
  fail(error: Error): void {
    this.failure = error;
    this.wake();
  }

  private number(): number {
    if (this.next === MAX_SEQUENCE) throw new RangeError('a link carries 2^32 frames at most');
    return this.next++;
  }

  private async room(length: number): Promise<void> {
    while (this.bytes + length > WINDOW_BYTES || this.kept.size + this.compressing >= WINDOW_FRAMES) {
      if (this.failure !== undefined) throw this.failure;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
    this.bytes += length;
  }

  private async compressed(sequence: number, channel: number, block: readonly Buffer[], length: number): Promise<void> {
    try {
      const small = await compress(Buffer.concat(block, length));
      this.compressing--;
      if (small.length < length) {
        this.bytes += small.length - length;
        this.keep(sequence, FRAME_TYPE.data, channel, ENCODING.zstd, [small], small.length, length);
      } else {
        this.keep(sequence, FRAME_TYPE.data, channel, ENCODING.raw, block, length, length);
      }
    } catch (e) {
      this.options.onFailure(e instanceof Error ? e : new Error(String(e)));
    }
  }

  private keep(
    sequence: number,
    type: number,
    channel: number,
    encoding: number,
    payload: readonly Buffer[],
    length: number,
    value: number,
  ): void {
    if (this.abandoned && type === FRAME_TYPE.data) {
      this.bytes -= length;
      this.kept.set(sequence, emptyFrame(sequence));
    } else {
      const header = encodeHeader({ type, channel, encoding, sequence, size: length, value });
      this.kept.set(sequence, { sequence, bytes: [header, ...payload], length, carrier: undefined });
    }
    this.options.onChange();
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

function emptyFrame(sequence: number): Kept {
  return { sequence, bytes: [encodeHeader({ type: FRAME_TYPE.data, sequence })], length: 0, carrier: undefined };
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}
