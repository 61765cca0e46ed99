import {
  type Carrier,
  encodeAcknowledge,
  encodeHello,
  encodePing,
  Outlet,
  readerOf,
  readFrames,
  readHello,
  writeAll,
} from './carrier.js';
import { type Delivery, IncomingQueue } from './incoming.js';
import { FRAME_TYPE, type Frame } from './layouts.js';
import { OutgoingQueue } from './outgoing.js';
import type { Pace } from './pace.js';

export interface LinkOptions {
  /** 16 bytes that both ends know it by. */
  readonly id: Buffer;
  readonly delivery: Delivery;
  /** Compress what is sent, where the other end understands that. */
  readonly compress: boolean;
  /** Limits what is sent. */
  readonly pace?: Pace;
  /** A connection from which nothing was heard for so long is given up. */
  readonly silenceMs?: number;
  /** The same until the other end was heard of for the first time: the programs there have to start. */
  readonly firstSilenceMs?: number;
  /** How long this end tries to take the link up again where it breaks; the other end is told. */
  readonly patienceMs?: () => number;
}

const PING_MS = 1_000;
const SILENCE_MS = 10_000;
/** As long as the question what the target can do may take, which is asked before. */
const FIRST_SILENCE_MS = 30_000;

/**
 * One end of a link: an ordered stream of bytes each way over connections that come and go. What a broken connection may
 * have lost goes out again over another one; nothing is delivered twice.
 */
export class LinkEndpoint {
  readonly outgoing: OutgoingQueue;
  private readonly incoming: IncomingQueue;
  private readonly live = new Set<LiveCarrier>();
  private peerUnderstandsZstd = false;
  /** The other end was heard of. */
  private greeted = false;
  private failure: Error | undefined;
  private acknowledged = 0;
  private ourEnd = false;
  private toldPatienceMs: number | undefined;
  private settle: { readonly resolve: () => void; readonly reject: (e: Error) => void } | undefined;
  /** Resolves when both ends have ended and everything was delivered; rejects where that can no longer be. */
  readonly finished: Promise<void>;

  constructor(private readonly options: LinkOptions) {
    this.finished = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.finished.catch(() => undefined);
    this.outgoing = new OutgoingQueue({
      compress: () => options.compress && this.peerUnderstandsZstd,
      onChange: () => this.changed(),
    });
    this.incoming = new IncomingQueue(options.delivery, {
      onDelivered: () => this.changed(),
      onFailure: (error) => this.fail(error),
    });
  }

  /** Connections that work at this moment. */
  get connections(): number {
    return this.live.size;
  }

  /** How long the other end tries to take the link up again; undefined until it has said so. */
  get peerPatienceMs(): number | undefined {
    return this.toldPatienceMs;
  }

  /** Tells the other end that we are there, and for how long if the link breaks. */
  announce(): void {
    for (const connection of this.live) connection.post(this.ping());
  }

  /** Carries the link over a connection for as long as it lasts. @returns why it ended; the connection is closed then */
  async attach(carrier: Carrier, onGreeted: () => void = () => {}): Promise<Error> {
    const { id, silenceMs = SILENCE_MS, firstSilenceMs = FIRST_SILENCE_MS } = this.options;
    if (this.failure !== undefined) {
      carrier.destroy();
      return this.failure;
    }
    carrier.output.on('error', () => {});
    const reader = readerOf(carrier);
    const connection = new LiveCarrier(carrier, this.outgoing, this.options.pace);
    const watch = new Watch(
      Math.min(silenceMs, firstSilenceMs),
      () => (this.greeted ? silenceMs : firstSilenceMs),
      (why) => connection.end(why),
      () => connection.post(this.ping()),
    );
    try {
      await writeAll(carrier.output, [encodeHello({ link: id, expected: this.incoming.expected, zstd: true })]);
      const hello = await readHello(reader);
      if (!hello.link.equals(id)) throw new RangeError('the connection belongs to another link');
      watch.heard();
      this.greeted = true;
      this.peerUnderstandsZstd = hello.zstd;
      this.outgoing.acknowledge(hello.expected);
      this.live.add(connection);
      onGreeted();
      connection.post(this.ping());
      this.changed();
      await readFrames(reader, (frame, payload) => {
        watch.heard();
        this.receive(frame, payload);
        return undefined;
      });
      return connection.reason ?? new Error('the connection was closed');
    } catch (e) {
      return connection.reason ?? (e instanceof Error ? e : new Error(String(e)));
    } finally {
      watch.stop();
      this.live.delete(connection);
      connection.end(new Error('the connection is over'));
      this.outgoing.release(connection);
    }
  }

  /** Ends the link at once: nothing more is sent, nothing more is delivered. */
  fail(error: Error): void {
    if (this.failure !== undefined) return;
    this.failure = error;
    this.outgoing.fail(error);
    for (const connection of this.live) connection.end(error);
    this.settle?.reject(error);
  }

  /** Lets the connections end once what was posted is written. */
  close(): void {
    for (const connection of this.live) connection.finish();
  }

  /** No more data comes from this side; `status` is told to the other one. */
  async end(status: number): Promise<void> {
    await this.outgoing.end(status);
    this.ourEnd = true;
    this.changed();
  }

  private receive(frame: Frame, payload: readonly Buffer[]): void {
    if (frame.type === FRAME_TYPE.acknowledge) this.outgoing.acknowledge(frame.sequence);
    else if (frame.type === FRAME_TYPE.ping) this.toldPatienceMs = frame.value * 1000;
    else if (frame.type === FRAME_TYPE.data || frame.type === FRAME_TYPE.end) this.incoming.take(frame, payload);
  }

  private ping(): Buffer {
    return encodePing(this.options.patienceMs?.() ?? 0);
  }

  /** Something is to be sent, was delivered or was acknowledged. */
  private changed(): void {
    if (this.failure !== undefined) return;
    const { expected } = this.incoming;
    if (expected > this.acknowledged) {
      this.acknowledged = expected;
      // On all of them: the one that breaks next might be the one that carried the news.
      for (const connection of this.live) connection.post(encodeAcknowledge(expected));
    }
    for (const connection of this.live) void connection.pump();
    if (this.ourEnd && this.outgoing.isEmpty && this.incoming.ended) this.settle?.resolve();
  }
}

/** A connection that works, and what is being written to it. */
class LiveCarrier {
  private pumping = false;
  private over: Error | undefined;
  /** Short frames that go out before the next long one. */
  private posted: Buffer[] = [];
  private readonly outlet: Outlet;

  constructor(
    private readonly carrier: Carrier,
    private readonly queue: OutgoingQueue,
    private readonly pace: Pace | undefined,
  ) {
    this.outlet = new Outlet(carrier.output);
  }

  get reason(): Error | undefined {
    return this.over;
  }

  post(frame: Buffer): void {
    this.posted.push(frame);
    void this.pump();
  }

  async pump(): Promise<void> {
    if (this.pumping || this.over !== undefined) return;
    this.pumping = true;
    try {
      // A connection that is over must take no frame: nobody would send it then.
      while (this.over === undefined) {
        const posted = this.posted;
        this.posted = [];
        const frame = this.queue.take(this);
        if (frame === undefined && posted.length === 0) return;
        if (frame !== undefined) await this.pace?.take(frame.length);
        await this.outlet.write(frame === undefined ? posted : [...posted, ...frame.bytes]);
      }
    } catch (e) {
      this.end(e instanceof Error ? e : new Error(String(e)));
      this.queue.release(this);
    } finally {
      this.pumping = false;
    }
  }

  finish(): void {
    this.carrier.output.end();
  }

  end(why: Error): void {
    if (this.over !== undefined) return;
    this.over = why;
    this.carrier.destroy();
  }
}

/** Sends a sign of life now and then, and misses the other end's. */
class Watch {
  private last = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(shortestMs: number, limitMs: () => number, onSilence: (why: Error) => void, ping: () => void) {
    this.timer = setInterval(
      () => {
        const limit = limitMs();
        if (performance.now() - this.last > limit) onSilence(new Error(`no sign of life for ${limit / 1000} s`));
        else ping();
      },
      Math.min(PING_MS, shortestMs / 4),
    );
  }

  heard(): void {
    this.last = performance.now();
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
