import { Refusal } from '../errors.js';
import { encodeMessage, encodeStrings, type Message, MessageAssembler, PAYLOAD_MAX, XS } from '../wire.js';
import type { Client } from './client.js';
import { errorMessage, perform, type Reply, replyMessage } from './requests.js';
import type { Services } from './services.js';

/** The way to a client: its socket, or its ring. */
export interface Outlet {
  /** Puts a message on its way. `event`: nobody asked for it. */
  send(message: Uint8Array, event: boolean): void;
  /** The client does not take what it was sent: its requests wait. */
  readonly full: boolean;
  /** All requests that came are served: more may be taken in. */
  served(): void;
}

/** The requests of one client, served one after the other. */
export class Connection {
  private readonly assembler = new MessageAssembler();
  private queue: Message[] = [];
  private serving = false;
  private closed = false;

  constructor(
    private readonly services: Services,
    readonly client: Client,
    private readonly outlet: Outlet,
  ) {}

  /** @throws OversizedMessage: such a client is to be dropped */
  receive(bytes: Uint8Array): void {
    try {
      for (const message of this.assembler.push(bytes)) this.queue.push(message);
    } finally {
      this.serve();
    }
  }

  /** Requests that wait, or are being served. */
  get busy(): boolean {
    return this.serving || this.queue.length > 0;
  }

  /** Serves what waits, as far as the client takes the answers. */
  serve(): void {
    if (this.serving) return;
    let next = 0;
    while (next < this.queue.length && !this.closed && !this.outlet.full) {
      const served = this.answer(this.queue[next++]!);
      if (served === undefined) continue;
      this.serving = true;
      void served.then(() => {
        this.serving = false;
        this.serve();
      });
      break;
    }
    this.queue = this.queue.slice(next);
    if (!this.closed && !this.busy) this.outlet.served();
  }

  /** A watch of the client fired. */
  event(path: string, token: string): void {
    const payload = encodeStrings(path, token);
    // A client with a token that leaves no room for the path hears nothing, as from Xen's xenstored.
    if (payload.length > PAYLOAD_MAX) return;
    this.outlet.send(encodeMessage({ type: XS.WATCH_EVENT, requestId: 0, transactionId: 0, payload }), true);
  }

  /** Half a message, and requests not yet served, are forgotten; so are watches and transactions. */
  reset(): void {
    this.assembler.reset();
    this.queue = [];
    this.services.database.forgetClient(this.client);
  }

  close(): void {
    this.closed = true;
    this.reset();
  }

  /** @returns a promise where the answer takes its time */
  private answer(message: Message): Promise<void> | undefined {
    try {
      const reply = perform(this.services, this.client, message);
      if (!(reply instanceof Promise)) this.finish(message, reply);
      else
        return reply.then(
          (done) => this.finish(message, done),
          (e: unknown) => this.refuse(message, e),
        );
    } catch (e) {
      this.refuse(message, e);
    }
    return undefined;
  }

  private finish(message: Message, { payload, after }: Reply): void {
    let bytes: Uint8Array;
    try {
      bytes = encodeMessage(replyMessage(message, payload));
    } catch (e) {
      this.refuse(message, e);
      return;
    }
    if (!this.closed) this.outlet.send(bytes, false);
    try {
      after?.();
    } catch (e) {
      this.services.log(`after request ${message.type}: ${textOf(e)}`);
    }
  }

  private refuse(message: Message, e: unknown): void {
    const refusal = e instanceof Refusal ? e : new Refusal('EIO');
    // A fault of ours: the client is told EIO, and all others are served on.
    if (refusal !== e) this.services.log(`request ${message.type} failed: ${textOf(e)}`);
    if (!this.closed) this.outlet.send(encodeMessage(errorMessage(message, refusal)), false);
  }
}

function textOf(e: unknown): string {
  return e instanceof Error ? (e.stack ?? e.message) : String(e);
}
