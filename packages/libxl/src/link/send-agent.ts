import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Carrier } from './carrier.js';
import { LinkEndpoint } from './endpoint.js';
import { CHANNEL } from './layouts.js';
import { Pace } from './pace.js';
import { pipe, readBlocks, writeTo } from './pipes.js';
import {
  type Command,
  FIRST_SILENCE_MS,
  type LinkEvent,
  type LinkOrder,
  type LinkPlan,
  linkIdBytes,
  SILENCE_MS,
} from './plan.js';

/** For a connection's process to end by itself. */
const EXIT_MS = 500;
/** Between two tries, from the first to all after the last. */
const RETRY_MS = [100, 300, 1_000, 2_000];
/** What was begun to take a link up again may come about so much later; the receiver waits longer. */
const BEGUN_MS = 5_000;
/** A connection that was broken for so long is worth a try even though others work. */
const SPARE_RETRY_MS = 2_000;

/**
 * The sender's agent: what comes on its standard input goes over the link's connections to the other agent, and what
 * comes from there to its standard output (text to standard error). It makes the connections, and makes them again where
 * they break. It ends with the exit status of the receiver at the other end.
 */
export async function runSendAgent(plan: LinkPlan): Promise<number> {
  const agent = new SendAgent(plan);
  return agent.run();
}

class SendAgent {
  private readonly input = pipe(0, 'read');
  private readonly output = pipe(1, 'write');
  private readonly endpoint: LinkEndpoint;
  private patienceMs: number;
  private silenceMs = SILENCE_MS;
  private status = 0;
  private over = false;
  private greeted = false;
  private broken: { readonly at: number; readonly reason: Error } | undefined;
  private readonly children = new Set<ChildProcess>();

  private readonly pace: Pace | undefined;

  constructor(private readonly plan: LinkPlan) {
    this.pace = plan.bytesPerSecond === undefined ? undefined : new Pace(plan.bytesPerSecond);
    this.patienceMs = plan.patienceMs;
    this.endpoint = new LinkEndpoint({
      id: linkIdBytes(plan.id),
      compress: plan.compress,
      patienceMs: () => this.patienceMs,
      silenceMs: () => this.silenceMs,
      firstSilenceMs: () => (this.isLate(BEGUN_MS) ? 0 : FIRST_SILENCE_MS),
      ...(this.pace === undefined ? {} : { pace: this.pace }),
      delivery: {
        data: (channel, block) => writeTo(channel === CHANNEL.text ? process.stderr : this.output, block),
        end: async (status) => {
          this.status = status;
          this.output.end();
          this.receiverEnded();
        },
      },
    });
  }

  async run(): Promise<number> {
    process.on('message', (order: LinkOrder) => {
      this.patienceMs = order.patienceMs;
      this.silenceMs = order.silenceMs;
      if (this.pace !== undefined) this.pace.lifted = !order.limited;
      this.endpoint.announce();
    });
    // The owner may be gone: what is under way is seen through.
    process.on('disconnect', () => {});
    const slots = [this.keepConnected(true)];
    for (let i = 1; i < this.plan.streams; i++) slots.push(this.keepConnected(false));
    void this.send();
    try {
      await this.endpoint.finished;
    } catch (e) {
      process.stderr.write(`xl: the link to the target: ${e instanceof Error ? e.message : String(e)}\n`);
      this.status ||= 1;
    }
    this.over = true;
    this.tell({ kind: 'link-totals', ...this.endpoint.outgoing.totals });
    this.endpoint.close();
    this.output.destroy();
    await Promise.race([Promise.all(slots).then(() => this.childrenGone()), sleep(2 * EXIT_MS)]);
    for (const child of this.children) child.kill('SIGTERM');
    return this.status;
  }

  private async send(): Promise<void> {
    try {
      await readBlocks(this.input, (block, length) => this.endpoint.outgoing.data(CHANNEL.stream, block, length));
      await this.endpoint.end(0);
      // Whoever ends the stream has heard all that it wanted to hear, or gives up: a link that breaks now stays so.
      this.patienceMs = 0;
    } catch {
      // The endpoint has failed, and says why.
    }
  }

  /** Nobody reads what is still to be sent: its writer hears of it at once, not when all of that has gone out. */
  private receiverEnded(): void {
    this.input.destroy();
    this.endpoint.outgoing.abandon();
  }

  /** One connection, made again whenever it breaks. */
  private async keepConnected(first: boolean): Promise<void> {
    while (!first && !this.greeted && !this.over) await sleep(10);
    let command = first ? this.plan.first : this.plan.join;
    for (let tries = 0; !this.over; ) {
      let greeted = false;
      const { carrier, child } = this.start(command);
      const reason = await this.endpoint.attach(carrier, () => {
        greeted = true;
        tries = 0;
        this.connected();
      });
      if (this.over) return;
      if (first && !this.greeted) return this.neverConnected(child, reason);
      if (greeted) this.disconnected(reason);
      command = this.plan.join;
      if (this.givenUp(reason)) return;
      const others = this.endpoint.connections > 0;
      await sleep(others && tries > 0 ? SPARE_RETRY_MS : (RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0));
      tries++;
    }
  }

  private connected(): void {
    const again = this.broken !== undefined;
    this.broken = undefined;
    if (again || !this.greeted) this.tell({ kind: 'link-up', connections: this.endpoint.connections, again });
    this.greeted = true;
  }

  private disconnected(reason: Error): void {
    if (this.endpoint.connections > 0 || this.broken !== undefined) return;
    this.broken = { at: performance.now(), reason };
    this.tell({ kind: 'link-broken', reason: reason.message, forMs: this.patienceMs });
  }

  /** It is broken, and has been for as long as it is tried to be taken up again, and longer. */
  private isLate(more = 0): boolean {
    return this.broken !== undefined && performance.now() - this.broken.at >= this.patienceMs + more;
  }

  private givenUp(last: Error): boolean {
    if (this.broken === undefined || !this.isLate()) return false;
    const { reason } = this.broken;
    const tried = this.patienceMs > 0 ? ` and could not be taken up again within ${this.patienceMs / 1000} s` : '';
    const then = last === reason ? '' : `; last try: ${last.message}`;
    this.endpoint.fail(new Error(`it broke${tried}: ${reason.message}${then} (${this.endpoint.progress})`));
    return true;
  }

  /** What the process said of it is on standard error already. */
  private async neverConnected(child: ChildProcess, reason: Error): Promise<void> {
    const code = child.exitCode ?? (await Promise.race([exitOf(child), sleep(1_000, 1)]));
    this.status = code === 0 ? 1 : code;
    this.endpoint.fail(new Error(`it did not come about: ${reason.message}`));
  }

  private start({ command, args }: Command): { carrier: Carrier; child: ChildProcess } {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    const { stdin, stdout } = child;
    stdin.on('error', () => {});
    child.once('error', (e) => {
      process.stderr.write(`xl: can't run ${command}: ${e.message}\n`);
      stdout.destroy(e);
    });
    const destroy = () => {
      stdin.destroy();
      stdout.destroy();
      // A connection that hangs does not notice.
      setTimeout(() => child.kill('SIGTERM'), EXIT_MS).unref();
    };
    return { child, carrier: { input: stdout, output: stdin, destroy } };
  }

  private async childrenGone(): Promise<void> {
    await Promise.all([...this.children].map(exitOf));
  }

  private tell(event: LinkEvent): void {
    if (process.connected) process.send?.(event, undefined, {}, () => {});
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
