import { type RingPage, ringRead, ringWrite, STORE_REQUESTS, STORE_RESPONSES } from '../../../io/byte-ring.js';
import { wordsOf } from '../../../x86/words.js';

const READ = 2;
const WATCH = 4;
const TRANSACTION_START = 6;
const TRANSACTION_END = 7;
const WRITE = 11;
const WATCH_EVENT = 15;
const ERROR = 16;
const HEADER = 16;

const SHUTDOWN = 'control/shutdown';

/** The other end of one guest's xenstore ring, with nodes below its own path: for tests of the kernel by itself. */
export class BareStore {
  readonly nodes = new Map<string, string>();
  private readonly page: RingPage;
  private received: Buffer = Buffer.alloc(0);
  private toSend: Buffer = Buffer.alloc(0);
  private watched = false;
  /** Done, and then refused, at the next commit: someone else's write got in between. */
  private interference: (() => void) | undefined;

  constructor(bytes: Uint8Array, domid: number, name: string) {
    this.page = { bytes, words: wordsOf(bytes) };
    this.nodes.set('domid', String(domid)).set('name', name).set(SHUTDOWN, '');
  }

  /** As the toolstack asks. */
  ask(what: string): void {
    this.nodes.set(SHUTDOWN, what);
    this.fire();
  }

  /** As a toolstack takes back what it asked for, just when the guest acknowledges it. */
  takeBackAtCommit(): void {
    this.interference = () => this.nodes.set(SHUTDOWN, '');
  }

  serve(): void {
    this.received = Buffer.concat([this.received, ringRead(this.page, STORE_REQUESTS, STORE_REQUESTS.size)]);
    while (this.received.length >= HEADER && this.received.length >= HEADER + this.received.readUInt32LE(12)) {
      const message = this.received.subarray(0, HEADER + this.received.readUInt32LE(12));
      this.received = this.received.subarray(message.length);
      this.answer(message);
    }
    const sent = ringWrite(this.page, STORE_RESPONSES, this.toSend);
    this.toSend = this.toSend.subarray(sent);
  }

  private answer(message: Buffer): void {
    const type = message.readUInt32LE(0);
    const [path = '', value = ''] = message.toString('utf8', HEADER).split('\0');
    const reply = (text: string, as = type) => this.send(as, message.readUInt32LE(4), text);
    switch (type) {
      case READ:
        reply(this.nodes.get(path) ?? 'ENOENT\0', this.nodes.has(path) ? READ : ERROR);
        return;
      case WRITE:
        this.nodes.set(path, value);
        reply('OK\0');
        if (path === SHUTDOWN) this.fire();
        return;
      case WATCH:
        this.watched = true;
        reply('OK\0');
        this.fire();
        return;
      case TRANSACTION_START:
        reply('7\0');
        return;
      case TRANSACTION_END:
        if (this.interference === undefined) reply('OK\0');
        else reply('EAGAIN\0', ERROR);
        this.interference?.();
        this.interference = undefined;
        return;
      default:
        reply('ENOSYS\0', ERROR);
    }
  }

  private fire(): void {
    if (this.watched) this.send(WATCH_EVENT, 0, `${SHUTDOWN}\0shutdown\0`);
  }

  private send(type: number, request: number, text: string): void {
    const body = Buffer.from(text, 'utf8');
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(type, 0);
    header.writeUInt32LE(request, 4);
    header.writeUInt32LE(body.length, 12);
    this.toSend = Buffer.concat([this.toSend, header, body]);
  }
}
