import type { ForeignMapping } from '../../hypervisor/hypervisor.js';
import { type RingPage, ringRead, ringUsed, ringWrite, STORE_REQUESTS, STORE_RESPONSES } from '../../io/byte-ring.js';
import type { TestHost } from '../../testing/hosts.js';
import { wordsOf } from '../../x86/words.js';
import type { XenstoreClient } from '../client/client.js';
import {
  decodeText,
  encodeMessage,
  encodeText,
  type Message,
  MessageAssembler,
  type MessageName,
  messageName,
  XS,
} from '../wire.js';

const RING_GFN = 5;

/** A guest's end of its ring, moved by hand: for what no good kernel does. */
export class RingGuest {
  readonly page: RingPage;
  private readonly assembler = new MessageAssembler();
  private readonly inbox: string[] = [];

  private constructor(
    private readonly host: TestHost,
    readonly domid: number,
    readonly port: number,
    private readonly mapping: ForeignMapping,
  ) {
    const bytes = mapping.page(0);
    this.page = { bytes, words: wordsOf(bytes) };
  }

  /** A domain that xenstored serves. It never runs. */
  static async introduce(host: TestHost, store: XenstoreClient): Promise<RingGuest> {
    const { hypervisor } = host;
    const domid = await host.newDomain('hvm', 1024);
    await hypervisor.populatePhysmap(domid, Float64Array.of(RING_GFN), 0);
    const port = await hypervisor.allocUnboundPort(domid, 0);
    const mapping = await hypervisor.mapForeign(domid, Float64Array.of(RING_GFN), 'write');
    const guest = new RingGuest(host, domid, port, mapping);
    await store.mkdir(`/local/domain/${domid}`);
    await store.setPermissions(`/local/domain/${domid}`, [`n${domid}`]);
    await guest.introduce(store);
    return guest;
  }

  introduce(store: XenstoreClient): Promise<void> {
    return store.introduce(this.domid, RING_GFN, this.port);
  }

  /** Tells xenstored that the ring changed, as the guest's hypercall does. */
  kick(): void {
    const port = this.host.host.state.domains.get(this.domid)?.ports.get(this.port);
    if (port?.state === 'bound') port.peer.fire();
  }

  /** Puts a request in. @throws Error where the ring has no room */
  send(name: MessageName, payload: string): void {
    this.put(encode(name, payload));
    this.kick();
  }

  put(bytes: Uint8Array): void {
    if (STORE_REQUESTS.size - ringUsed(this.page, STORE_REQUESTS) < bytes.length) throw new Error('the ring is full');
    ringWrite(this.page, STORE_REQUESTS, bytes);
  }

  /** Takes out what there is; as text. */
  receive(): string[] {
    this.takeOut();
    return this.inbox.splice(0);
  }

  /** The next so many messages, as text. */
  async heard(count: number): Promise<string[]> {
    this.takeOut();
    for (let tries = 0; this.inbox.length < count; tries++) {
      if (tries > 5000) throw new Error(`xenstored said ${JSON.stringify(this.inbox)} and no more`);
      await new Promise((resolve) => setImmediate(resolve));
      this.takeOut();
    }
    return this.inbox.splice(0, count);
  }

  /** What is answered to a request, which may be longer than the ring. */
  async ask(name: MessageName, payload: string): Promise<string> {
    const bytes = encode(name, payload);
    for (let at = 0; at < bytes.length; ) {
      at += ringWrite(this.page, STORE_REQUESTS, bytes.subarray(at));
      this.kick();
      if (at < bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
    return (await this.heard(1)).join();
  }

  word(offset: number): number {
    return Atomics.load(this.page.words, offset >>> 2);
  }

  setWord(offset: number, value: number): void {
    Atomics.store(this.page.words, offset >>> 2, value);
  }

  private takeOut(): void {
    const bytes = ringRead(this.page, STORE_RESPONSES, STORE_RESPONSES.size);
    for (const message of this.assembler.push(bytes)) this.inbox.push(textOf(message));
    if (bytes.length > 0) this.kick();
  }

  async leave(): Promise<void> {
    await this.mapping.unmap();
  }
}

function encode(name: MessageName, payload: string): Uint8Array {
  return encodeMessage({ type: XS[name], requestId: 1, transactionId: 0, payload: encodeText(payload) });
}

function textOf({ type, payload }: Message): string {
  return `${messageName(type)} ${decodeText(payload).replaceAll('\0', ' ')}`.trim();
}
