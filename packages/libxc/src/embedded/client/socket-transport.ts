import { connect, type Socket } from 'node:net';
import { HypervisorError } from '../../hypervisor/errors.js';
import { MessageSplitter, prefixed } from '../wire/framing.js';
import {
  type Answer,
  decodeAnswer,
  decodeHello,
  encodeRequest,
  type Hello,
  PROTOCOL_VERSION,
} from '../wire/messages.js';
import type { OperationArgs, OperationName, OperationResult } from '../wire/operations.js';
import type { Transport } from './transport.js';

interface Waiting {
  readonly answered: (answer: Answer) => void;
  readonly failed: (reason: Error) => void;
}

/** Operations over the daemon's socket: any number of them under way at a time. */
export class SocketTransport implements Transport {
  private readonly waiting = new Map<number, Waiting>();
  private readonly splitter = new MessageSplitter();
  private lastId = 0;
  private ended: Error | undefined;
  private corked = false;

  private constructor(
    private readonly socket: Socket,
    private greeted: ((hello: Hello) => void) | undefined,
    private readonly refused: (reason: Error) => void,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', (e) => this.fail(e));
    socket.on('close', () => this.fail(new Error('the embedded host closed the connection')));
  }

  /** @throws Error with the system's code (ENOENT, ECONNREFUSED ...) when no daemon answers there */
  static open(path: string): Promise<{ transport: SocketTransport; hello: Hello }> {
    return new Promise((resolve, reject) => {
      const transport: SocketTransport = new SocketTransport(
        connect(path),
        (hello) => resolve({ transport, hello }),
        reject,
      );
    });
  }

  perform<N extends OperationName>(name: N, ...args: OperationArgs<N>): Promise<OperationResult<N>> {
    return new Promise((resolve, reject) => {
      if (this.ended !== undefined) throw lost(name, this.ended);
      this.lastId = (this.lastId + 1) >>> 0;
      const id = this.lastId;
      const request = encodeRequest(id, name, args);
      this.waiting.set(id, {
        answered: (answer) => resolve(answer.result(name)),
        failed: (reason) => reject(reason instanceof HypervisorError ? reason : lost(name, reason)),
      });
      this.send(request);
    });
  }

  async close(): Promise<void> {
    if (this.ended !== undefined) return;
    this.ended = new Error('the connection was closed');
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()));
    this.socket.ref();
    this.socket.end();
    this.rejectAll(this.ended);
    await closed;
  }

  /** All requests of a turn of the event loop go out in one write. */
  private send(request: Buffer): void {
    const { socket } = this;
    // A process with nothing under way may end without having closed its connection.
    if (this.waiting.size === 1) socket.ref();
    if (!this.corked) {
      this.corked = true;
      socket.cork();
      queueMicrotask(() => {
        this.corked = false;
        socket.uncork();
      });
    }
    for (const part of prefixed(request)) socket.write(part);
  }

  private receive(chunk: Buffer): void {
    try {
      for (const message of this.splitter.push(chunk)) this.accept(message);
    } catch (e) {
      this.fail(e instanceof Error ? e : new Error(String(e)));
      this.socket.destroy();
    }
  }

  private accept(message: Buffer): void {
    if (this.greeted !== undefined) {
      const hello = decodeHello(message);
      if (hello.version !== PROTOCOL_VERSION) {
        throw new Error(`the embedded host's daemon speaks version ${hello.version}, this client ${PROTOCOL_VERSION}`);
      }
      this.greeted(hello);
      this.greeted = undefined;
      this.socket.unref();
      return;
    }
    const answer = decodeAnswer(message);
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if (this.waiting.size === 0) this.socket.unref();
    if (waiting === undefined) return;
    try {
      waiting.answered(answer);
    } catch (e) {
      waiting.failed(e instanceof Error ? e : new Error(String(e)));
    }
  }

  private fail(reason: Error): void {
    this.refused(reason);
    this.ended ??= reason;
    this.rejectAll(reason);
  }

  private rejectAll(reason: Error): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { failed } of all) failed(reason);
  }
}

function lost(operation: OperationName, reason: Error): HypervisorError {
  return new HypervisorError('ENOTCONN', operation, undefined, `no connection to the embedded host: ${reason.message}`);
}
