import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { MIGRATION_MESSAGES } from '@xen-migration/stream-format';
import type { LinkMoment, LinkOrder } from './faults.js';

/**
 * Stands where ssh would, between both ends of a migration: starts the receiver on the other host, passes everything on,
 * and fails at the moment that its order says. Not one byte passes that the fault is to swallow.
 */
class Link {
  private readonly receiver: ChildProcess;
  private record: number | undefined;
  private sent = 0;
  private heard = 0;
  /** The receiver was told that all of the stream has come, and has said so. */
  private ready = false;
  private told = 0;
  private plain = false;
  private failed = false;

  constructor(
    private readonly order: LinkOrder,
    args: readonly string[],
  ) {
    this.record = order.record === undefined ? undefined : openSync(order.record, 'w', 0o600);
    const env = { ...process.env, ...(order.directory === undefined ? {} : { XEN_EMBEDDED_DIR: order.directory }) };
    this.receiver = spawn(process.execPath, [order.xl, ...args], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  }

  run(): void {
    const { stdin, stdout } = this.receiver;
    if (stdin === null || stdout === null) throw new Error('the receiver has no pipes');
    stdin.on('error', () => {});
    process.stdout.on('error', () => this.leave());
    process.stdin.on('data', (part: Buffer) => this.fromSender(part, stdin));
    process.stdin.on('end', () => {
      if (!this.failed) stdin.end();
    });
    stdout.on('data', (part: Buffer) => this.fromReceiver(part));
    this.receiver.on('close', (code) => {
      this.close();
      process.exit(this.failed ? 255 : (code ?? 255));
    });
  }

  private fromSender(part: Buffer, to: NodeJS.WritableStream): void {
    if (this.failed) return;
    if (this.ready) {
      this.told += part.length;
      if (this.fails('go')) return;
    } else {
      this.sent += part.length;
      if (this.fails('header') || (this.sent > (this.order.fault?.afterBytes ?? 0) && this.fails('memory'))) return;
    }
    if (this.record !== undefined) writeSync(this.record, part);
    if (to.write(part)) return;
    process.stdin.pause();
    to.once('drain', () => process.stdin.resume());
  }

  private fromReceiver(part: Buffer): void {
    if (this.failed) return;
    const before = this.heard;
    this.heard += part.length;
    const { banner, ready } = MIGRATION_MESSAGES;
    if (before === 0) {
      // One of several connections of a link has frames of its own, and none of a migration's messages.
      this.plain = part.subarray(0, banner.length).equals(banner.subarray(0, part.length));
      if (this.fails('banner')) return;
    }
    if (this.plain && before < banner.length + ready.length && this.heard > banner.length) {
      if (this.fails('ready')) return;
      this.ready = true;
    }
    if (this.told > 0 && this.fails('report')) return;
    process.stdout.write(part);
  }

  /** Fails, if this is the moment. @returns whether it did */
  private fails(moment: LinkMoment): boolean {
    const { fault, once } = this.order;
    if (fault?.at !== moment || (once !== undefined && existsSync(once))) return false;
    if (once !== undefined) writeFileSync(once, '');
    this.failed = true;
    process.stderr.write(`[the link fails: ${fault.what} at ${moment}, after ${this.sent} bytes]\n`);
    if (fault.what === 'kill-receiver') this.receiver.kill('SIGKILL');
    else this.leave();
    return true;
  }

  /** As when a network goes away: each end is alone, and hears of it by the end of its connection. */
  private leave(): void {
    this.failed = true;
    this.receiver.stdin?.destroy();
    this.receiver.stdout?.destroy();
    this.close();
    process.exit(255);
  }

  private close(): void {
    if (this.record !== undefined) closeSync(this.record);
    this.record = undefined;
  }
}

const [, , settings = '', ...args] = process.argv;
new Link(JSON.parse(readFileSync(settings, 'utf8')) as LinkOrder, args).run();
