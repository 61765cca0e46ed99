import { createServer, type Server, type Socket } from 'node:net';

/** A server of a unix socket whose connections are each given to whoever opened it. */
export class PeerServer {
  private taken: ((socket: Socket) => void) | undefined;

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => this.taken?.(socket));
  }

  static listen(path: string): Promise<PeerServer> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => resolve(new PeerServer(server)));
    });
  }

  /** The next connection. */
  onConnection(taken: (socket: Socket) => void): void {
    this.taken = taken;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

/** So many turns of the event loop: what was written before has arrived, on an idle machine. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
}
