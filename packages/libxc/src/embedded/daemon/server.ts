import type { Server, Socket } from 'node:net';
import { closeServer, listenOn } from '../../io/unix-socket.js';
import type { Connection } from '../connection.js';
import type { Host } from '../host.js';
import { MessageSplitter, prefixed } from '../wire/framing.js';
import {
  decodeRequest,
  encodeFailure,
  encodeHello,
  encodeResult,
  PROTOCOL_VERSION,
  type Request,
} from '../wire/messages.js';

/** Requests of one client that may be under way; it is not read from beyond that. */
const MAX_UNDER_WAY = 8192;
/** Bytes of answers that a client may leave unread before it is not read from. */
const MAX_UNREAD = 32 * 2 ** 20;

/** Serves a host to its clients over a unix socket. What a client holds is released when its connection ends, however. */
export class HostServer {
  private readonly clients = new Set<Socket>();

  private constructor(
    private readonly host: Host,
    private readonly server: Server,
    /** Called when a client came or went, with how many there are. */
    private readonly changed: (clients: number) => void,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async listen(host: Host, path: string, changed: (clients: number) => void): Promise<HostServer> {
    return new HostServer(host, await listenOn(path), changed);
  }

  async close(): Promise<void> {
    const closed = closeServer(this.server);
    for (const socket of this.clients) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    const connection = this.host.accept();
    this.clients.add(socket);
    this.changed(this.clients.size);
    const { path, layout } = this.host.state.machine;
    send(socket, encodeHello({ version: PROTOCOL_VERSION, memoryPath: path, memorySpan: layout.span }));
    const client = new Client(this.host, connection, socket);
    socket.on('data', (chunk) => client.receive(chunk));
    socket.on('drain', () => client.reconsider());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.clients.delete(socket);
      this.host.release(connection);
      this.changed(this.clients.size);
    });
  }
}

class Client {
  private readonly splitter = new MessageSplitter();
  private underWay = 0;

  constructor(
    private readonly host: Host,
    private readonly connection: Connection,
    private readonly socket: Socket,
  ) {}

  receive(chunk: Buffer): void {
    try {
      for (const message of this.splitter.push(chunk)) void this.answer(decodeRequest(message));
    } catch (e) {
      this.host.state.log.add(`a client sent what is no request: ${e instanceof Error ? e.message : String(e)}`);
      this.socket.destroy();
    }
    this.reconsider();
  }

  /** Reads on, or not, by how much the client has let pile up. */
  reconsider(): void {
    const busy = this.underWay > MAX_UNDER_WAY || this.socket.writableLength > MAX_UNREAD;
    if (busy) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  private async answer({ id, name, args }: Request): Promise<void> {
    this.underWay++;
    let message: Buffer;
    try {
      message = encodeResult(id, name, await this.host.perform(this.connection, name, ...args));
    } catch (e) {
      message = encodeFailure(id, e);
    }
    this.underWay--;
    if (this.socket.destroyed) return;
    send(this.socket, message);
    this.reconsider();
  }
}

function send(socket: Socket, message: Uint8Array): void {
  socket.cork();
  for (const part of prefixed(message)) socket.write(part);
  // Answers of one turn go out together.
  process.nextTick(() => socket.uncork());
}
