import { rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import type { ForeignMapping } from '../../hypervisor/hypervisor.js';
import { CONSOLE_CONNECTION, CONSOLE_IN, CONSOLE_OUT, type RingPage, ringRead, ringWrite } from '../../io/byte-ring.js';
import { closeServer, listenOn } from '../../io/unix-socket.js';
import { wordsOf } from '../../x86/words.js';
import { Backlog } from './backlog.js';

const BACKLOG_SIZE = 64 * 1024;
/** A listener that lets so much pile up is cut off: the guest does not wait for it. */
const MAX_UNREAD = 1024 * 1024;

/** One guest's console: its ring on one side, a unix socket with any number of listeners on the other. */
export class GuestConsole {
  private readonly backlog = new Backlog(BACKLOG_SIZE);
  private readonly listeners = new Set<Socket>();
  private readonly page: RingPage;
  /** Typed, but the guest's ring had no room yet. */
  private typed: Buffer = Buffer.alloc(0);
  private closed = false;

  private constructor(
    readonly path: string,
    private readonly mapping: ForeignMapping,
    private readonly server: Server,
    private readonly notify: () => void,
  ) {
    const bytes = mapping.page(0);
    this.page = { bytes, words: wordsOf(bytes) };
    server.on('connection', (socket) => this.listen(socket));
  }

  /** @param notify tells the guest that the ring changed */
  static async open(path: string, mapping: ForeignMapping, notify: () => void): Promise<GuestConsole> {
    await rm(path, { force: true });
    const console = new GuestConsole(path, mapping, await listenOn(path), notify);
    console.page.bytes[CONSOLE_CONNECTION] = 0;
    console.service();
    return console;
  }

  /** Moves what there is, both ways. */
  service(): void {
    if (this.closed) return;
    const out = ringRead(this.page, CONSOLE_OUT, CONSOLE_OUT.size);
    const taken = ringWrite(this.page, CONSOLE_IN, this.typed);
    this.typed = this.typed.subarray(taken);
    if (out.length > 0) this.tell(out);
    if (out.length > 0 || taken > 0) this.notify();
    if (taken > 0 && this.typed.length === 0) for (const socket of this.listeners) socket.resume();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.service();
    this.closed = true;
    for (const socket of this.listeners) socket.end();
    const ended = closeServer(this.server);
    for (const socket of this.listeners) setTimeout(() => socket.destroy(), 1000).unref();
    await this.mapping.unmap();
    await ended;
    await rm(this.path, { force: true });
  }

  private tell(out: Uint8Array): void {
    this.backlog.add(out);
    for (const socket of this.listeners) {
      socket.write(out);
      if (socket.writableLength > MAX_UNREAD) socket.destroy();
    }
  }

  private listen(socket: Socket): void {
    this.listeners.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.listeners.delete(socket));
    socket.on('data', (bytes) => {
      this.typed = Buffer.concat([this.typed, bytes]);
      this.service();
      if (this.typed.length > 0) socket.pause();
    });
    socket.write(this.backlog.contents());
  }
}
