import { type ConnectionErrno, isXenstoreErrno, XenstoreError, type XenstoreErrorPlace } from '../errors.js';
import {
  decodeStrings,
  encodeMessage,
  type Message,
  MessageAssembler,
  type MessageName,
  PAYLOAD_MAX,
  XS,
} from '../wire.js';
import type { Channel, ChannelEvents } from './channel.js';

interface Waiting {
  readonly place: XenstoreErrorPlace;
  readonly resolve: (payload: Uint8Array) => void;
  readonly reject: (error: XenstoreError) => void;
}

export interface Request {
  readonly name: MessageName;
  readonly payload: Uint8Array;
  readonly transactionId?: number;
  /** For errors. */
  readonly path?: string | undefined;
}

export interface RequestsEvents {
  watchFired(path: string, token: string): void;
  /** The connection is no more; whoever asks is told why. */
  ended(): void;
}

/** Requests under way on one connection, any number of them, and the answers that come to them. */
export class Requests implements ChannelEvents {
  private readonly waiting = new Map<number, Waiting>();
  private readonly assembler = new MessageAssembler();
  private channel: Channel | undefined;
  private lastId = 0;
  private end: Error | undefined;
  /** Watches keep the connection of use when no request is under way. */
  private listening = false;

  constructor(private readonly events: RequestsEvents) {}

  use(channel: Channel): void {
    this.channel = channel;
  }

  /** @throws XenstoreError */
  perform({ name, payload, transactionId = 0, path }: Request): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const place = { operation: name, path };
      if (this.end !== undefined || this.channel === undefined) throw lost(place, this.end);
      // More would make xenstored close the connection.
      if (payload.length > PAYLOAD_MAX)
        throw new XenstoreError('E2BIG', place, `${payload.length} bytes in one request`);
      const requestId = this.nextId();
      this.waiting.set(requestId, { place, resolve, reject });
      this.reconsider();
      this.channel.send(encodeMessage({ type: XS[name], requestId, transactionId, payload }));
    });
  }

  listen(listening: boolean): void {
    this.listening = listening;
    this.reconsider();
  }

  received(bytes: Uint8Array): void {
    try {
      for (const message of this.assembler.push(bytes)) this.accept(message);
    } catch (e) {
      this.finish(e instanceof Error ? e : new Error(String(e)), 'EPROTO');
      void this.channel?.close();
    }
  }

  ended(reason: Error): void {
    this.finish(reason, 'ENOTCONN');
  }

  async close(): Promise<void> {
    this.finish(new Error('the connection was closed'), 'ENOTCONN');
    await this.channel?.close();
  }

  private accept(message: Message): void {
    if (message.type === XS.WATCH_EVENT) {
      const [path, token] = decodeStrings(message.payload);
      if (path === undefined || token === undefined)
        throw new Error('xenstored sent a watch event without path or token');
      this.events.watchFired(path, token);
      return;
    }
    const waiting = this.waiting.get(message.requestId);
    if (waiting === undefined) throw new Error(`xenstored answered request ${message.requestId}, which was not made`);
    this.waiting.delete(message.requestId);
    this.reconsider();
    if (message.type === XS.ERROR) waiting.reject(refusal(waiting.place, message.payload));
    else waiting.resolve(message.payload);
  }

  private finish(reason: Error, code: ConnectionErrno): void {
    if (this.end !== undefined) return;
    this.end = reason;
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { place, reject } of all) reject(lost(place, reason, code));
    this.events.ended();
  }

  private reconsider(): void {
    this.channel?.keepAlive(this.listening || this.waiting.size > 0);
  }

  private nextId(): number {
    do this.lastId = (this.lastId + 1) >>> 0;
    while (this.lastId === 0 || this.waiting.has(this.lastId));
    return this.lastId;
  }
}

function refusal(place: XenstoreErrorPlace, payload: Uint8Array): XenstoreError {
  const [text = ''] = decodeStrings(payload);
  return isXenstoreErrno(text)
    ? new XenstoreError(text, place)
    : new XenstoreError('EPROTO', place, `xenstored answered with the unknown error '${text}'`);
}

function lost(place: XenstoreErrorPlace, reason: Error | undefined, code: ConnectionErrno = 'ENOTCONN'): XenstoreError {
  const text = `no connection to xenstored${reason === undefined ? '' : `: ${reason.message}`}`;
  return new XenstoreError(code, place, text, reason === undefined ? undefined : { cause: reason });
}
