import { connect, type Socket } from 'node:net';
import { isLibxlError, LibxlError, textOf } from '../../errors.js';
import type { MachineStatus, MigrationStatus, QmpRequest } from './commands.js';
import { commandRefused, protocolError } from './errors.js';
import { MessageSplitter } from './lines.js';
import { isObject, parseMessage, type QemuVersion, type QmpEvent, type QmpMessage } from './messages.js';

export interface QmpOptions {
  /** For the greeting, and for each reply. Default: 10 seconds, as libxl. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 10_000;

interface Waiting {
  readonly command: string;
  resolve(value: unknown): void;
  reject(error: LibxlError): void;
}

/**
 * A connection to a QEMU's QMP socket, past the negotiation of capabilities. A QEMU talks to one client of a socket at a
 * time: a further one waits for its greeting until the first has closed.
 */
export class QmpClient {
  private readonly splitter = new MessageSplitter();
  private readonly waiting = new Map<number, Waiting>();
  private readonly listeners = new Set<(event: QmpEvent) => void>();
  private greeted: ((version: QemuVersion) => void) | undefined;
  private lastId = 0;
  private end: LibxlError | undefined;
  private readonly ending = new AbortController();
  private qemu: QemuVersion | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly options: QmpOptions,
  ) {
    socket.on('data', (bytes: Buffer) => this.receive(bytes));
    socket.on('error', (e) => this.over(new LibxlError('ERROR_FAIL', `QEMU's socket: ${e.message}`, { cause: e })));
    socket.on('close', () => this.over(new LibxlError('ERROR_FAIL', 'QEMU has closed its socket')));
  }

  /**
   * Connects, awaits the greeting and negotiates.
   *
   * @throws LibxlError ERROR_NOT_READY where nobody listens at that path (also of a QEMU that dies at this moment),
   *   ERROR_TIMEDOUT without a greeting, ERROR_PROTOCOL_ERROR_QMP where something else answers, ERROR_ABORTED
   */
  static async connect(path: string, options: QmpOptions = {}): Promise<QmpClient> {
    const client = new QmpClient(await openSocket(path), options);
    try {
      client.qemu = await client.within('its greeting', options, (resolve, reject) => {
        client.greeted = resolve;
        return client.onEnd(reject);
      });
      await client.request({ execute: 'qmp_capabilities' }, options);
      return client;
    } catch (e) {
      client.close();
      // Its socket still took connections, but nobody reads from them any more.
      if (client.qemu === undefined && isLibxlError(e, 'ERROR_FAIL')) throw notListening(path, e);
      throw e;
    }
  }

  get version(): QemuVersion {
    return this.qemu ?? { major: 0, minor: 0, micro: 0, package: '' };
  }

  /** Aborted when the connection has ended, with the reason; also by close(). */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  /** Every event from now on. @returns what ends that */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * @returns the command's answer as QEMU gave it
   * @throws LibxlError ERROR_QMP_... by the error's class where QEMU refuses, ERROR_TIMEDOUT, ERROR_FAIL where the
   *   connection ends, ERROR_ABORTED
   */
  execute(request: QmpRequest, options?: QmpOptions): Promise<unknown> {
    return this.request(request, { ...this.options, ...options });
  }

  /** @throws LibxlError as execute(); ERROR_QEMU_API where the answer is not of that form */
  async status(options?: QmpOptions): Promise<MachineStatus> {
    const answer = await this.execute({ execute: 'query-status' }, options);
    if (isObject(answer) && typeof answer.status === 'string' && typeof answer.running === 'boolean') {
      return { status: answer.status, running: answer.running };
    }
    throw new LibxlError('ERROR_QEMU_API', `QEMU answered query-status with ${JSON.stringify(answer)}`);
  }

  async migration(options?: QmpOptions): Promise<MigrationStatus> {
    const answer = await this.execute({ execute: 'query-migrate' }, options);
    const { status, 'error-desc': error } = isObject(answer) ? answer : {};
    return {
      status: typeof status === 'string' ? status : undefined,
      error: typeof error === 'string' ? error : undefined,
    };
  }

  close(): void {
    this.over(new LibxlError('ERROR_ABORTED', 'the connection to QEMU was closed'));
  }

  private request(request: QmpRequest | { execute: 'qmp_capabilities' }, options: QmpOptions): Promise<unknown> {
    this.lastId += 1;
    const id = this.lastId;
    return this.within(`the reply to ${request.execute}`, options, (resolve, reject) => {
      this.waiting.set(id, { command: request.execute, resolve, reject });
      const stop = this.onEnd(reject);
      this.socket.write(`${JSON.stringify({ ...request, id })}\n`);
      return () => {
        stop();
        this.waiting.delete(id);
      };
    });
  }

  /** Waits for what `start` waits for, as long as it may take. */
  private async within<T>(
    what: string,
    { timeoutMs = TIMEOUT_MS, signal }: QmpOptions,
    start: (resolve: (value: T) => void, reject: (error: LibxlError) => void) => () => void,
  ): Promise<T> {
    if (this.end !== undefined) throw this.end;
    let stop: () => void = () => {};
    let timer: NodeJS.Timeout | undefined;
    let aborted: () => void = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        aborted = () => reject(new LibxlError('ERROR_ABORTED', 'cancelled', { cause: signal?.reason }));
        if (signal?.aborted) return aborted();
        signal?.addEventListener('abort', aborted);
        timer = setTimeout(() => {
          reject(new LibxlError('ERROR_TIMEDOUT', `QEMU did not send ${what} within ${timeoutMs / 1000} s`));
        }, timeoutMs);
        stop = start(resolve, reject);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      stop();
    }
  }

  private onEnd(reject: (error: LibxlError) => void): () => void {
    const ended = () => {
      if (this.end !== undefined) reject(this.end);
    };
    this.ended.addEventListener('abort', ended);
    return () => this.ended.removeEventListener('abort', ended);
  }

  private receive(bytes: Uint8Array): void {
    if (this.end !== undefined) return;
    try {
      for (const text of this.splitter.push(bytes)) this.take(parseMessage(text));
    } catch (e) {
      this.over(e instanceof LibxlError ? e : protocolError(textOf(e), e));
    }
  }

  private take(message: QmpMessage): void {
    switch (message.kind) {
      case 'greeting':
        if (this.qemu !== undefined) throw protocolError('a second greeting');
        this.greeted?.(message.version);
        return;
      case 'event':
        for (const listener of this.listeners) listener(message);
        return;
      case 'return':
        // A reply that comes too late has nobody who waits for it.
        if (message.id === undefined) throw protocolError('a reply without the id of a command');
        this.waiting.get(message.id)?.resolve(message.value);
        return;
      case 'error': {
        if (message.id === undefined) throw protocolError(message.description);
        const waiting = this.waiting.get(message.id);
        waiting?.reject(commandRefused(waiting.command, message.class, message.description));
      }
    }
  }

  private over(reason: LibxlError): void {
    if (this.end !== undefined) return;
    this.end = reason;
    this.socket.destroy();
    this.ending.abort(reason);
  }
}

function notListening(path: string, cause: Error): LibxlError {
  return new LibxlError('ERROR_NOT_READY', `no QEMU listens at ${path}: ${cause.message}`, { cause });
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const failed = (e: Error) => {
      reject(notListening(path, e));
    };
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.removeListener('error', failed);
      resolve(socket);
    });
  });
}
