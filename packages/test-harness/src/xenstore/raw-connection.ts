import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Message types of public/io/xs_wire.h. */
export const TYPE = {
  control: 0,
  directory: 1,
  read: 2,
  getPermissions: 3,
  watch: 4,
  unwatch: 5,
  transactionStart: 6,
  transactionEnd: 7,
  introduce: 8,
  release: 9,
  domainPath: 10,
  write: 11,
  mkdir: 12,
  rm: 13,
  setPermissions: 14,
  watchEvent: 15,
  error: 16,
  isIntroduced: 17,
  resume: 18,
  setTarget: 19,
  resetWatches: 21,
  directoryPart: 22,
} as const;

const HEADER = 16;

export interface RawMessage {
  readonly type: number;
  readonly transaction: number;
  readonly payload: Buffer;
}

/** A connection to any xenstored's socket, byte by byte: knows no more of the protocol than its header. */
export class RawConnection {
  /** Watch events that came since they were last taken. */
  events: string[] = [];
  private received = Buffer.alloc(0);
  private waiting: { resolve: (message: RawMessage) => void; reject: (reason: Error) => void } | undefined;
  private lastId = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (bytes) => this.take(bytes));
    socket.on('close', () => this.waiting?.reject(new Error('xenstored closed the connection')));
  }

  static async open(path: string): Promise<RawConnection> {
    for (;;) {
      const socket = connect(path);
      try {
        await once(socket, 'connect');
        return new RawConnection(socket);
      } catch (e) {
        // Xen's xenstored lets two connections wait: a third is turned away while it is busy.
        if ((e as NodeJS.ErrnoException).code !== 'EAGAIN') throw e;
        await sleep(20);
      }
    }
  }

  /** One request, and its answer. @throws Error when the connection ends instead */
  async ask(type: number, payload: Buffer | string, transaction = 0): Promise<RawMessage> {
    const body = Buffer.from(payload as string);
    const header = Buffer.alloc(HEADER);
    this.lastId += 1;
    [type, this.lastId, transaction, body.length].forEach((word, i) => {
      header.writeUInt32LE(word, i * 4);
    });
    const answer = new Promise<RawMessage>((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
    this.socket.write(Buffer.concat([header, body]));
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }

  private take(bytes: Buffer): void {
    this.received = Buffer.concat([this.received, bytes]);
    while (this.received.length >= HEADER) {
      const end = HEADER + this.received.readUInt32LE(12);
      if (this.received.length < end) return;
      const message = {
        type: this.received.readUInt32LE(0),
        transaction: this.received.readUInt32LE(8),
        payload: Buffer.from(this.received.subarray(HEADER, end)),
      };
      this.received = this.received.subarray(end);
      if (message.type === TYPE.watchEvent) this.events.push(message.payload.toString('latin1'));
      else this.waiting?.resolve(message);
    }
  }
}
