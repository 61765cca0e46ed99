import { rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { closeServer, listenOn } from '../../io/unix-socket.js';
import { Client } from './client.js';
import { Connection, type Outlet } from './connection.js';
import type { Services } from './services.js';

/** Bytes of answers that a client may leave unread before its requests wait. */
const MAX_UNREAD = 256 * 1024;
/** Bytes of answers and events beyond which a client that does not read is cut off. */
const MAX_UNREAD_EVENTS = 16 * 2 ** 20;

/** Serves programs of the control domain over a unix socket. Access is what the file's directory allows. */
export class SocketServer {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly services: Services,
    private readonly path: string,
    private readonly server: Server,
    /** Called when a client came or went, with how many there are. */
    private readonly changed: (clients: number) => void,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async listen(services: Services, path: string, changed: (clients: number) => void): Promise<SocketServer> {
    return new SocketServer(services, path, await listenOn(path), changed);
  }

  async close(): Promise<void> {
    const closed = closeServer(this.server);
    for (const socket of this.sockets) socket.destroy();
    await closed;
    rmSync(this.path, { force: true });
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    this.changed(this.sockets.size);
    const connection = serveSocket(this.services, socket);
    socket.on('close', () => {
      this.sockets.delete(socket);
      connection.close();
      this.changed(this.sockets.size);
    });
  }
}

function serveSocket(services: Services, socket: Socket): Connection {
  const client = new Client({ domid: 0 }, (path, token) => connection.event(path, token));
  const connection: Connection = new Connection(services, client, new SocketOutlet(socket, services.log));
  socket.on('data', (bytes) => {
    socket.pause();
    try {
      connection.receive(bytes);
    } catch (e) {
      services.log(`a client was dropped: ${e instanceof Error ? e.message : String(e)}`);
      socket.destroy();
    }
  });
  socket.on('drain', () => connection.serve());
  socket.on('error', () => socket.destroy());
  return connection;
}

class SocketOutlet implements Outlet {
  private corked = false;

  constructor(
    private readonly socket: Socket,
    private readonly log: (text: string) => void,
  ) {}

  get full(): boolean {
    return this.socket.writableLength > MAX_UNREAD;
  }

  /** All answers of a turn of the event loop go out in one write. */
  send(message: Uint8Array): void {
    const { socket } = this;
    if (socket.destroyed) return;
    if (socket.writableLength > MAX_UNREAD_EVENTS) {
      this.log('a client was dropped: it does not read what its watches tell');
      socket.destroy();
      return;
    }
    if (!this.corked) {
      this.corked = true;
      socket.cork();
      process.nextTick(() => {
        this.corked = false;
        socket.uncork();
      });
    }
    socket.write(message);
  }

  served(): void {
    if (!this.socket.destroyed) this.socket.resume();
  }
}
