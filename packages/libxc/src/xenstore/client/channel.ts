import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes both ways between a client and its xenstored. */
export interface Channel {
  send(bytes: Uint8Array): void;
  /** Whether the process shall live on for what may still arrive. */
  keepAlive(alive: boolean): void;
  close(): Promise<void>;
}

/** What a channel tells its client. */
export interface ChannelEvents {
  received(bytes: Uint8Array): void;
  /** Nothing comes any more. Called once. */
  ended(reason: Error): void;
}

/** Xen's xenstored lets two connections wait (listen(fd, 1)): on a busy machine a third is turned away with EAGAIN. */
const TURNED_AWAY = { tries: 500, pauseMs: 20 };

/** @throws Error with the system's code (ENOENT, ECONNREFUSED ...) when nobody listens there */
export async function openSocketChannel(path: string, events: ChannelEvents): Promise<Channel> {
  return new SocketChannel(await connectToXenstored(path), events);
}

/** @throws Error with the system's code (ENOENT, ECONNREFUSED ...); EAGAIN only where xenstored took nobody for long */
async function connectToXenstored(path: string): Promise<Socket> {
  for (let left = TURNED_AWAY.tries; ; left -= 1) {
    const socket = connect(path);
    try {
      await once(socket, 'connect');
      return socket;
    } catch (e) {
      if (left === 0 || (e as NodeJS.ErrnoException).code !== 'EAGAIN') throw e;
      await sleep(TURNED_AWAY.pauseMs);
    }
  }
}

class SocketChannel implements Channel {
  private corked = false;
  private failure: Error | undefined;

  constructor(
    private readonly socket: Socket,
    events: ChannelEvents,
  ) {
    socket.on('data', (bytes) => events.received(bytes));
    socket.on('error', (e) => {
      this.failure = e;
    });
    socket.once('close', () => events.ended(this.failure ?? new Error('xenstored closed the connection')));
    socket.unref();
  }

  /** All requests of a turn of the event loop go out in one write. */
  send(bytes: Uint8Array): void {
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      queueMicrotask(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(bytes);
  }

  keepAlive(alive: boolean): void {
    if (alive) this.socket.ref();
    else this.socket.unref();
  }

  async close(): Promise<void> {
    if (this.socket.closed) return;
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.ref();
    // What was sent goes out; a xenstored that answers no more is not waited for.
    this.socket.destroySoon();
    await closed;
  }
}
