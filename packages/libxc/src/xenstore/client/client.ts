import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionErrno, isXenstoreError, XenstoreError } from '../errors.js';
import { decodeStrings, encodeStrings, type MessageName } from '../wire.js';
import { type Channel, type ChannelEvents, openSocketChannel } from './channel.js';
import { NodeAccess, requireNoNul } from './node-access.js';
import { Requests } from './requests.js';

export interface XenstoreWatch {
  /** No call comes after it resolved. */
  close(): Promise<void>;
}

/** Attempts of a transaction after which the next one waits, so that somebody gets through. */
const EAGER_ATTEMPTS = 5;
const MAX_ATTEMPTS = 1000;
const MAX_WAIT_MS = 20;

/**
 * A connection to xenstored: the one of the embedded host, or a real one (/run/xenstored/socket). Any number of requests
 * may be under way. All calls throw XenstoreError, whose `code` is xenstored's answer (ENOENT, EACCES ...) or, where there
 * is none, ENOTCONN.
 */
export class XenstoreClient extends NodeAccess {
  /** By token. */
  private readonly watches = new Map<string, { readonly path: string; readonly callback: (path: string) => void }>();
  private lastToken = 0;

  private constructor(requests: Requests) {
    super(requests, 0);
  }

  /** @param path of xenstored's unix socket. @throws XenstoreError ENOENT, ECONNREFUSED, EACCES */
  static async connect(path: string): Promise<XenstoreClient> {
    try {
      return await XenstoreClient.over((events) => openSocketChannel(path, events));
    } catch (e) {
      const text = `no xenstored at ${path}`;
      throw new XenstoreError(codeOfConnect(e), { operation: 'connect' }, text, { cause: e });
    }
  }

  /** A client over some other channel. */
  static async over(open: (events: ChannelEvents) => Promise<Channel> | Channel): Promise<XenstoreClient> {
    let client: XenstoreClient | undefined;
    const requests = new Requests({
      watchFired: (path, token) => client?.watchFired(path, token),
      ended: () => client?.connectionEnded(),
    });
    requests.use(await open(requests));
    client = new XenstoreClient(requests);
    return client;
  }

  /**
   * Calls back with the path of whatever changed at or below `path`, once at first without a change, and once when the
   * connection is lost (what is asked then fails with ENOTCONN). '@introduceDomain' and '@releaseDomain' are events of
   * domains.
   */
  async watch(path: string, callback: (path: string) => void): Promise<XenstoreWatch> {
    this.lastToken += 1;
    const token = String(this.lastToken);
    this.watches.set(token, { path, callback });
    this.requests.listen(true);
    try {
      await this.command('WATCH', [path, token], path);
    } catch (e) {
      this.forget(token);
      throw e;
    }
    return { close: () => this.unwatch(path, token) };
  }

  /**
   * Runs the steps as one: all that they read and write through `store` is as if nobody else had been there between.
   * Where somebody was, they run again. When they throw, nothing of what they did remains.
   *
   * @throws what the steps throw; XenstoreError EAGAIN when others came between again and again
   */
  async transaction<T>(steps: (store: NodeAccess) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const [id] = decodeStrings(await this.command('TRANSACTION_START', ['']));
      const result = await this.attempt(Number(id), steps);
      try {
        await this.endTransaction(Number(id), true);
        return result;
      } catch (e) {
        if (!isXenstoreError(e, 'EAGAIN') || attempt >= MAX_ATTEMPTS) throw e;
      }
      if (attempt > EAGER_ATTEMPTS) await sleep(Math.random() * MAX_WAIT_MS);
    }
  }

  /** Has xenstored serve a domain's ring. @throws XenstoreError EINVAL when it can't be mapped or the port not bound */
  async introduce(domid: number, gfn: number, port: number): Promise<void> {
    await this.command('INTRODUCE', [domid, gfn, port]);
  }

  /** Ends the service. @throws XenstoreError ENOENT when there is none */
  async release(domid: number): Promise<void> {
    await this.command('RELEASE', [domid]);
  }

  /** The domain runs again: its next shutdown is to be told of. */
  async resume(domid: number): Promise<void> {
    await this.command('RESUME', [domid]);
  }

  /** Lets a domain act as if it were another one. */
  async setTarget(domid: number, target: number): Promise<void> {
    await this.command('SET_TARGET', [domid, target]);
  }

  async isIntroduced(domid: number): Promise<boolean> {
    const [answer] = decodeStrings(await this.command('IS_DOMAIN_INTRODUCED', [domid]));
    return answer === 'T';
  }

  /** Where relative paths of that domain begin. */
  async domainPath(domid: number): Promise<string> {
    const [path = ''] = decodeStrings(await this.command('GET_DOMAIN_PATH', [domid]));
    return path;
  }

  /** A command of xenstored's own ('help' lists them), and what it answers. */
  async control(command: string, ...parameters: readonly string[]): Promise<string> {
    const [answer = ''] = decodeStrings(await this.command('CONTROL', [command, ...parameters]));
    return answer;
  }

  /** What is under way fails with ENOTCONN. */
  async close(): Promise<void> {
    this.watches.clear();
    await this.requests.close();
  }

  private async attempt<T>(id: number, steps: (store: NodeAccess) => Promise<T>): Promise<T> {
    try {
      return await steps(new NodeAccess(this.requests, id));
    } catch (e) {
      // The steps' own failure is what counts; without a connection there is nothing to end either.
      await this.endTransaction(id, false).catch(() => {});
      throw e;
    }
  }

  private async endTransaction(transactionId: number, commit: boolean): Promise<void> {
    await this.requests.perform({ name: 'TRANSACTION_END', payload: encodeStrings(commit ? 'T' : 'F'), transactionId });
  }

  private async unwatch(path: string, token: string): Promise<void> {
    if (!this.forget(token)) return;
    try {
      await this.command('UNWATCH', [path, token], path);
    } catch (e) {
      if (!isXenstoreError(e, 'ENOTCONN', 'EPROTO')) throw e;
    }
  }

  private forget(token: string): boolean {
    const was = this.watches.delete(token);
    if (this.watches.size === 0) this.requests.listen(false);
    return was;
  }

  /** Callbacks run by themselves: what they throw is no matter of the connection. */
  private watchFired(path: string, token: string): void {
    if (this.watches.has(token)) queueMicrotask(() => this.watches.get(token)?.callback(path));
  }

  private connectionEnded(): void {
    for (const [token, { path }] of this.watches) this.watchFired(path, token);
  }

  private async command(name: MessageName, words: readonly (string | number)[], path?: string): Promise<Uint8Array> {
    const texts = words.map(String);
    requireNoNul(texts, { operation: name, path });
    return this.requests.perform({ name, payload: encodeStrings(...texts), path });
  }
}

function codeOfConnect(e: unknown): ConnectionErrno | 'ENOENT' | 'EACCES' {
  const code = e instanceof Error && 'code' in e ? e.code : undefined;
  return code === 'ENOENT' || code === 'EACCES' || code === 'ECONNREFUSED' ? code : 'ENOTCONN';
}
