import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** The browser on this machine, undefined where there is none. */
export function browserName(): string | undefined {
  return NAMES.find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

/** Of what the browser tells of its own accord, the parts that are read. */
interface Params {
  readonly request?: { readonly url: string };
  readonly entry?: { readonly level: string; readonly text: string };
  readonly exceptionDetails?: unknown;
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** A headless Chromium with one page, spoken to by the DevTools protocol over a pipe: nothing listens anywhere. */
export class Browser {
  /** Addresses that pages have asked for. */
  readonly requests: string[] = [];
  /** What pages have complained of: exceptions, breaches of their security policy. */
  readonly complaints: string[] = [];
  private readonly process: ChildProcess;
  private readonly profile = mkdtempSync(join(tmpdir(), 'xen-stream-browser-'));
  private readonly waiting = new Map<
    number,
    { resolve(value: Record<string, unknown>): void; reject(e: Error): void }
  >();
  private session: string | undefined;
  private lastId = 0;
  private text = '';

  private constructor(name: string) {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      `--user-data-dir=${this.profile}`,
      '--remote-debugging-pipe',
      '--window-size=1200,1600',
    ];
    this.process = spawn(name, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const from = this.process.stdio[4] as Readable;
    from.setEncoding('utf8').on('data', (part: string) => this.receive(part));
    this.process.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('the browser has ended'));
    });
  }

  static async start(name: string): Promise<Browser> {
    const browser = new Browser(name);
    const { targetId } = await browser.call('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await browser.call('Target.attachToTarget', { targetId, flatten: true });
    browser.session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log', 'DOM']) await browser.call(`${domain}.enable`);
    return browser;
  }

  call(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    const session = this.session === undefined ? {} : { sessionId: this.session };
    const to = this.process.stdio[3] as Writable;
    to.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** Value of an expression in the page, awaited where it is a promise. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
    return (answer.result as { value?: unknown }).value;
  }

  /** Waits until the expression is true in the page. */
  async until(expression: string): Promise<void> {
    while ((await this.evaluate(`Boolean(${expression})`)) !== true) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Drops a file of this machine on the middle of the element. */
  async drop(selector: string, path: string): Promise<void> {
    const box = `document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect()`;
    const [x, y] = (await this.evaluate(`(({ x, y, width, height }) => [x + width / 2, y + height / 2])(${box})`)) as [
      number,
      number,
    ];
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop']) {
      await this.call('Input.dispatchDragEvent', { type, x, y, data });
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.session = undefined;
    await this.call('Browser.close').catch(() => {});
    await ended;
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 10 });
  }

  private receive(part: string): void {
    const messages = (this.text + part).split('\0');
    this.text = messages.pop() ?? '';
    for (const message of messages) this.handle(JSON.parse(message) as Message);
  }

  private handle({ id, method, params, result, error }: Message): void {
    if (id !== undefined) {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) waiting?.resolve(result ?? {});
      else waiting?.reject(new Error(error.message));
      return;
    }
    this.note(method, params ?? {});
  }

  private note(method: string | undefined, { request, entry, exceptionDetails }: Params): void {
    if (method === 'Network.requestWillBeSent' && request) this.requests.push(request.url);
    if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(exceptionDetails));
    if (method === 'Log.entryAdded' && entry?.level === 'error') this.complaints.push(entry.text);
  }
}
