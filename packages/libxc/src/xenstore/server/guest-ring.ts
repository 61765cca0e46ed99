import type { ForeignMapping } from '../../hypervisor/hypervisor.js';
import {
  type RingPage,
  ringRead,
  ringReset,
  ringUsed,
  ringWrite,
  STORE_CONNECTION,
  STORE_ERROR,
  STORE_FEATURES,
  STORE_REQUESTS,
  STORE_RESPONSES,
} from '../../io/byte-ring.js';
import { wordsOf } from '../../x86/words.js';
import type { Caller } from '../tree/permissions.js';
import { FEATURE, OversizedMessage } from '../wire.js';
import { Client } from './client.js';
import { Connection, type Outlet } from './connection.js';
import { GuestOutbox } from './guest-outbox.js';
import type { Services } from './services.js';

/** Bytes of answers that may wait for room in the ring before the guest's requests wait. */
const MAX_UNREAD = 16 * 1024;
/** Events of different content that may wait; a guest that reads none for so long is not served any more. */
const MAX_EVENTS = 4096;

/** Values of the page's error word (docs/misc/xenstore-ring.txt). */
const RING_ERROR = { none: 0, communication: 1, indexes: 2, protocol: 3 } as const;
/** Of its connection word: the guest asks for 1, and we answer with 0. */
const CONNECTED = 0;
const RECONNECT = 1;

/**
 * A guest's connection: a page that it shares. Whatever the guest writes there, it can harm itself alone: counts and
 * lengths are checked, and a broken ring is left alone until the guest, or a toolstack, asks for a new beginning.
 */
export class GuestRing implements Outlet {
  readonly client: Client;
  private readonly page: RingPage;
  private readonly connection: Connection;
  private readonly outbox = new GuestOutbox();
  private broken = false;
  private closed = false;
  private moved = false;
  private again: NodeJS.Immediate | undefined;

  constructor(
    private readonly services: Services,
    caller: Caller,
    private readonly mapping: ForeignMapping,
    /** Tells the guest that the page changed. */
    private readonly notify: () => void,
  ) {
    const bytes = mapping.page(0);
    this.page = { bytes, words: wordsOf(bytes) };
    this.client = new Client(caller, (path, token) => this.connection.event(path, token));
    this.connection = new Connection(services, this.client, this);
    this.reset();
    this.setWord(STORE_FEATURES, FEATURE.reconnection | FEATURE.error | FEATURE.watchDepth);
  }

  /** Moves what there is, both ways, and serves what came. */
  service(): void {
    if (this.closed) return;
    if (this.word(STORE_CONNECTION) === RECONNECT) this.reset();
    if (this.broken) return;
    if (isBroken(this.page)) {
      this.fail(RING_ERROR.indexes, 'its counts of bytes are no counts');
      return;
    }
    this.drain();
    if (this.connection.busy) this.connection.serve();
    else this.takeIn();
    this.tellGuest();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    clearImmediate(this.again);
    this.connection.close();
    this.outbox.clear();
    await this.mapping.unmap();
  }

  // --- Outlet

  get full(): boolean {
    return this.outbox.size > MAX_UNREAD;
  }

  send(message: Uint8Array, event: boolean): void {
    if (this.closed || this.broken) return;
    this.outbox.add(message, event);
    if (this.outbox.eventCount > MAX_EVENTS) this.fail(RING_ERROR.communication, 'it does not read its events');
    else this.drain();
    this.tellGuest();
  }

  /** More may have come meanwhile; others get their turn first. */
  served(): void {
    if (this.closed || this.broken || ringUsed(this.page, STORE_REQUESTS) === 0) return;
    this.again ??= setImmediate(() => {
      this.again = undefined;
      this.service();
    });
  }

  private takeIn(): void {
    const bytes = ringRead(this.page, STORE_REQUESTS, STORE_REQUESTS.size);
    if (bytes.length === 0) return;
    this.moved = true;
    try {
      this.connection.receive(bytes);
    } catch (e) {
      if (!(e instanceof OversizedMessage)) throw e;
      this.fail(RING_ERROR.protocol, e.message);
    }
  }

  private drain(): void {
    if (this.outbox.drain((bytes) => ringWrite(this.page, STORE_RESPONSES, bytes))) this.moved = true;
  }

  private tellGuest(): void {
    if (!this.moved) return;
    this.moved = false;
    this.notify();
  }

  /** As if the guest had just been introduced. */
  private reset(): void {
    this.connection.reset();
    this.outbox.clear();
    this.broken = false;
    ringReset(this.page, STORE_REQUESTS);
    ringReset(this.page, STORE_RESPONSES);
    this.setWord(STORE_ERROR, RING_ERROR.none);
    this.setWord(STORE_CONNECTION, CONNECTED);
    this.moved = true;
  }

  private fail(error: number, why: string): void {
    this.services.log(`domain ${this.client.caller.domid} is not served any more: ${why}`);
    this.broken = true;
    this.connection.reset();
    this.outbox.clear();
    this.setWord(STORE_ERROR, error);
    this.moved = true;
  }

  private word(offset: number): number {
    return Atomics.load(this.page.words, offset >>> 2);
  }

  private setWord(offset: number, value: number): void {
    Atomics.store(this.page.words, offset >>> 2, value);
  }
}

function isBroken(page: RingPage): boolean {
  return [STORE_REQUESTS, STORE_RESPONSES].some((ring) => ringUsed(page, ring) > ring.size);
}
