import { ENCODING, FRAME_TYPE, type Frame, WINDOW_BYTES, WINDOW_FRAMES } from './layouts.js';
import { decompress } from './zstd.js';

/** Where delivered frames go. Each is awaited before the next one. */
export interface Delivery {
  data(channel: number, block: readonly Buffer[]): Promise<void>;
  end(status: number): Promise<void>;
}

type Held = { readonly kind: 'end'; readonly status: number } | DataFrame;

interface DataFrame {
  readonly kind: 'data';
  readonly channel: number;
  /** Of the payload, as it came. */
  readonly size: number;
  /** Decoded, or being decoded. */
  block(): Promise<readonly Buffer[]>;
}

/**
 * So many frames are decoded before their turn. All that are held would be many times the window: a small payload may
 * become a whole block.
 */
const DECODED_AHEAD = 16;

/**
 * What one end receives: frames that come over several connections in any order, some of them twice, are delivered once
 * and in their order.
 */
export class IncomingQueue {
  private readonly held = new Map<number, Held>();
  private heldBytes = 0;
  private next = 0;
  private delivering = false;
  private over = false;

  constructor(
    private readonly delivery: Delivery,
    private readonly options: {
      /** Something was delivered. */
      readonly onDelivered: () => void;
      /** It can't be delivered: the other end does not keep to the protocol, or our side is gone. */
      readonly onFailure: (error: Error) => void;
    },
  ) {}

  /** The first frame that was not delivered. */
  get expected(): number {
    return this.next;
  }

  /** The other end has said that nothing more comes, and all of it was delivered. */
  get ended(): boolean {
    return this.over;
  }

  /** Takes a sequenced frame. @throws RangeError where it lies beyond what may be under way */
  take(frame: Frame, payload: readonly Buffer[]): void {
    const { sequence, size } = frame;
    if (sequence < this.next || this.held.has(sequence)) return;
    // Twice the window: what is delivered but not yet acknowledged counts at the other end.
    if (sequence >= this.next + 2 * WINDOW_FRAMES || this.heldBytes + size > 2 * WINDOW_BYTES) {
      throw new RangeError(`frame ${sequence} lies beyond the window, frame ${this.next} is expected`);
    }
    this.heldBytes += size;
    this.held.set(sequence, heldFrame(frame, payload));
    if (sequence < this.next + DECODED_AHEAD) this.decode(sequence);
    void this.deliver();
  }

  private decode(sequence: number): void {
    const frame = this.held.get(sequence);
    // What it is not is met where it is delivered.
    if (frame?.kind === 'data') frame.block().catch(() => undefined);
  }

  private async deliver(): Promise<void> {
    if (this.delivering) return;
    this.delivering = true;
    try {
      for (let frame = this.held.get(this.next); frame !== undefined; frame = this.held.get(this.next)) {
        if (this.over) throw new RangeError('a frame follows the end');
        if (frame.kind === 'data') await this.delivery.data(frame.channel, await frame.block());
        else await this.finish(frame.status);
        this.held.delete(this.next);
        if (frame.kind === 'data') this.heldBytes -= frame.size;
        this.next++;
        this.decode(this.next + DECODED_AHEAD - 1);
        this.options.onDelivered();
      }
    } catch (e) {
      this.options.onFailure(e instanceof Error ? e : new Error(String(e)));
    } finally {
      this.delivering = false;
    }
  }

  private async finish(status: number): Promise<void> {
    await this.delivery.end(status);
    this.over = true;
  }
}

function heldFrame({ type, channel, encoding, size, value }: Frame, payload: readonly Buffer[]): Held {
  if (type === FRAME_TYPE.end) return { kind: 'end', status: value };
  let block: Promise<readonly Buffer[]> | undefined;
  return {
    kind: 'data',
    channel,
    size,
    block() {
      block ??= encoding === ENCODING.zstd ? decoded(payload, value) : Promise.resolve(payload);
      return block;
    },
  };
}

async function decoded(payload: readonly Buffer[], size: number): Promise<readonly Buffer[]> {
  const [first] = payload;
  return [await decompress(payload.length === 1 && first !== undefined ? first : Buffer.concat(payload), size)];
}
