import {
  type Carrier,
  encodeAcknowledge,
  encodeHello,
  encodePing,
  LinkGoneError,
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
import { FIRST_SILENCE_MS, SILENCE_MS } from './plan.js';

export interface LinkOptions {
  /** 16 bytes that both ends know it by. */
  readonly id: Buffer;
  readonly delivery: Delivery;
  /** Compress what is sent, where the other end understands that. */
  readonly compress: boolean;
  /** Limits what is sent. */
  readonly pace?: Pace;
  /** A connection from which nothing was heard for so long is given up. */
  readonly silenceMs?: () => number;
  /** The same until a connection has brought its first byte: the programs at its other end have to start. */
  readonly firstSilenceMs?: () => number;
  /** What a connection that is silent for so long carries goes out again over those that are not. */
  readonly doubtMs?: number;
  /** How long this end tries to take the link up again where it breaks; the other end is told. */
  readonly patienceMs?: () => number;
}

const PING_MS = 1_000;
const DOUBT_MS = 5_000;

/**
 * One end of a link: an ordered stream of bytes each way over connections that come and go. What a broken connection may
 * have lost goes out again over another one; nothing is delivered twice.
 */
export class LinkEndpoint {
  readonly outgoing: OutgoingQueue;
  private readonly incoming: IncomingQueue;
  private readonly live = new Set<LiveCarrier>();
  private peerUnderstandsZstd = false;
  private attached = 0;
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
      onFailure: (error) => this.fail(error),
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

  /** How far it is, in words: for whoever reads why it was given up. */
  get progress(): string {
    const { sent, acknowledged } = this.outgoing;
    return `${sent} frames sent, ${acknowledged} of them acknowledged; ${this.incoming.expected} received`;
  }

  /** Tells the other end that we are there, and for how long if the link breaks. */
  announce(): void {
    for (const connection of this.live) connection.post(this.ping());
  }

  /** Carries the link over a connection for as long as it lasts. @returns why it ended; the connection is closed then */
  async attach(carrier: Carrier, onGreeted: () => void = () => {}): Promise<Error> {
    const { id, silenceMs = () => SILENCE_MS, firstSilenceMs = () => FIRST_SILENCE_MS } = this.options;
    const { doubtMs = DOUBT_MS } = this.options;
    if (this.failure !== undefined) {
      carrier.destroy();
      return this.failure;
    }
    carrier.output.on('error', () => {});
    const reader = readerOf(carrier);
    const connection: LiveCarrier = new LiveCarrier(carrier, this.outgoing, this.options.pace, () =>
      this.isTrusted(connection),
    );
    const name = `connection ${++this.attached}`;
    const watch = new Watch({
      name,
      doubtMs,
      shortestMs: Math.min(silenceMs(), doubtMs),
      limitMs: (anyHeard) => (anyHeard ? silenceMs() : firstSilenceMs()),
      onSilence: (why) => connection.end(why),
      ping: () => connection.post(this.ping()),
      onDoubt: (doubted) => this.doubt(connection, doubted),
    });
    // Any byte is a sign of life: over a slow connection a frame may take longer than the limit.
    carrier.input.on('data', (chunk: Buffer) => watch.heard(chunk.length));
    try {
      await writeAll(carrier.output, [encodeHello({ link: id, expected: this.incoming.expected, zstd: true })]);
      const hello = await readHello(reader);
      if (!hello.link.equals(id)) throw new RangeError('the connection belongs to another link');
      this.peerUnderstandsZstd = hello.zstd;
      this.outgoing.acknowledge(hello.expected);
      this.live.add(connection);
      onGreeted();
      this.takeFromDoubted();
      connection.post(this.ping());
      this.changed();
      await readFrames(reader, (frame, payload) => {
        this.receive(frame, payload);
        return undefined;
      });
      return connection.reason ?? new Error('the connection was closed');
    } catch (e) {
      if (e instanceof LinkGoneError) this.fail(e);
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

  private doubt(connection: LiveCarrier, doubted: boolean): void {
    connection.doubted = doubted;
    if (doubted) this.takeFromDoubted();
    else this.changed();
  }

  /** What comes twice is not delivered twice; what waits for a connection that is dead would hold up all that follows. */
  private takeFromDoubted(): void {
    const connections = [...this.live];
    if (connections.every(({ doubted }) => doubted)) return;
    for (const connection of connections) if (connection.doubted) this.outgoing.release(connection);
  }

  /** Frames go out over a connection in doubt only where there is no other one. */
  private isTrusted(connection: LiveCarrier): boolean {
    return !connection.doubted || [...this.live].every(({ doubted }) => doubted);
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
  /** Nothing was heard from it for a while. */
  doubted = false;
  private pumping = false;
  private over: Error | undefined;
  private readonly outlet: Outlet;

  constructor(
    private readonly carrier: Carrier,
    private readonly queue: OutgoingQueue,
    private readonly pace: Pace | undefined,
    private readonly isTrusted: () => boolean,
  ) {
    this.outlet = new Outlet(carrier.output);
  }

  get reason(): Error | undefined {
    return this.over;
  }

  /** A short frame that is not limited and waits for none that is. */
  post(frame: Buffer): void {
    if (this.over === undefined) this.outlet.write([frame]).catch((e: Error) => this.broken(e));
  }

  async pump(): Promise<void> {
    if (this.pumping || this.over !== undefined) return;
    this.pumping = true;
    try {
      // A connection that is over must take no frame: nobody would send it then.
      while (this.over === undefined && this.isTrusted()) {
        const frame = this.queue.take(this);
        if (frame === undefined) return;
        await this.pace?.take(frame.length);
        await this.outlet.write(frame.bytes);
      }
    } catch (e) {
      this.broken(e instanceof Error ? e : new Error(String(e)));
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

  private broken(why: Error): void {
    this.end(why);
    this.queue.release(this);
  }
}

interface WatchOptions {
  /** Of the connection, for whoever reads why it was given up. */
  readonly name: string;
  readonly doubtMs: number;
  /** Of the limits that hold once it was heard of. */
  readonly shortestMs: number;
  limitMs(anyHeard: boolean): number;
  onSilence(why: Error): void;
  onDoubt(doubted: boolean): void;
  ping(): void;
}

/**
 * Sends a sign of life now and then, and misses the other end's. Silence is counted while this process runs: where it got
 * no processor for a while, what the other end has said meanwhile has yet to be read.
 */
class Watch {
  private silentMs = 0;
  private heardBytes = 0;
  private lookedAt = performance.now();
  private readonly everyMs: number;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: WatchOptions) {
    this.everyMs = Math.min(PING_MS, options.shortestMs / 4);
    this.timer = setInterval(() => this.look(), this.everyMs);
  }

  heard(bytes: number): void {
    this.heardBytes += bytes;
    const { silentMs } = this;
    this.silentMs = 0;
    if (silentMs > this.options.doubtMs) this.options.onDoubt(false);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { name, doubtMs, limitMs, onDoubt, onSilence, ping } = this.options;
    const now = performance.now();
    const before = this.silentMs;
    this.silentMs += Math.min(now - this.lookedAt, 2 * this.everyMs);
    this.lookedAt = now;
    const limit = limitMs(this.heardBytes > 0);
    if (this.silentMs > limit) {
      onSilence(new Error(`no sign of life for ${limit / 1000} s on ${name}, after ${this.heardBytes} bytes`));
      return;
    }
    if (before <= doubtMs && this.silentMs > doubtMs) onDoubt(true);
    ping();
  }
}
