import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import type { MigrationMessage } from '@xen-migration/stream-format';
import { LibxlError } from '../errors.js';
import { helperEnvironment } from '../host/helper-environment.js';
import { openLogFile } from '../host/log-file.js';
import type { Host } from '../host/open-host.js';
import {
  encodeLine,
  type GuardianMessage,
  type HandOverEvent,
  type HandOverOutcome,
  type HandOverSource,
  LineSplitter,
  type OwnerMessage,
  type Plan,
} from './plan.js';
import { waitThenRun } from './wait.js';

/** The streams to the other end of a migration, where they are descriptors that a guardian can share. */
export interface SharedConnection {
  readonly toPeer?: Writable | number;
  readonly fromPeer?: Readable | number;
}

/** Where a guardian says what it had to repair. */
const LOG = 'guardian.log';
const CLOSED = 'the connection to the other end is closed already';
const ENDED = 'the process that watches over the operation has ended';

/**
 * Watches over an operation: a process of its own, in a session of its own, that repairs what this process leaves when it
 * is killed. It lives as long as the operation, and knows of this process's death by the end of the pipe between them.
 * What is written into that pipe before is read by it even when it comes up later. It begins as a shell (wait.ts).
 */
export class Guardian {
  private splitter = new LineSplitter();
  private handingOver:
    | { onEvent: (event: HandOverEvent) => void; settle: (outcome: HandOverOutcome) => void }
    | undefined;
  private hearing: { resolve: () => void; reject: (e: LibxlError) => void } | undefined;
  private alive = true;
  /** How it ended, should it have. */
  private end = ENDED;
  private readonly exited: Promise<void>;

  private constructor(
    private readonly input: Writable,
    output: Readable,
    exited: Promise<string>,
  ) {
    output.setEncoding('utf8');
    output.on('data', (text: string) => this.receive(text));
    this.exited = exited.then((how) => {
      this.end = `${ENDED} (${how})`;
      this.gone();
    });
    // A guardian that was killed is missed by nobody until something else is, too.
    input.on('error', () => {
      this.alive = false;
    });
  }

  /** @throws LibxlError ERROR_FAIL where no process can be started: nothing may be begun unguarded */
  static start(host: Host, connection: SharedConnection = {}): Guardian {
    for (const stream of [connection.toPeer, connection.fromPeer]) {
      if (typeof stream === 'object' && stream.destroyed) throw new LibxlError('ERROR_FAIL', CLOSED);
    }
    const log = openLogFile(host, LOG);
    try {
      const entry = createRequire(import.meta.url).resolve('@xen-migration/libxl/guardian');
      const child = spawn('/bin/sh', waitThenRun([process.execPath, entry]), {
        detached: true,
        stdio: ['pipe', 'pipe', log, connection.toPeer ?? 'ignore', connection.fromPeer ?? 'ignore'],
        env: helperEnvironment(host),
        cwd: '/',
      });
      const exited = new Promise<string>((resolve) => {
        child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
        child.once('error', (e) => resolve(e.message));
      });
      if (child.pid === undefined || child.stdin === null || child.stdout === null) {
        throw new LibxlError('ERROR_FAIL', "can't start a process that watches over the operation");
      }
      return new Guardian(child.stdin, child.stdout, exited);
    } finally {
      closeSync(log);
    }
  }

  /** From now on this is to be done if we die. */
  plan(plan: Plan): void {
    this.send({ kind: 'plan', plan });
  }

  /** Has the guardian read a message of the peer's. @throws LibxlError ERROR_FAIL where it does not come */
  async expect(message: MigrationMessage): Promise<void> {
    const heard = new Promise<void>((resolve, reject) => {
      this.hearing = { resolve, reject };
    });
    this.send({ kind: 'expect', message });
    if (!this.alive) this.gone();
    await heard;
  }

  /** Has the guardian do the final handshake of a migration, and waits for its end. */
  async handOver(source: HandOverSource, onEvent: (event: HandOverEvent) => void): Promise<HandOverOutcome> {
    if (!this.alive) return { kind: 'unknown', why: this.end };
    const outcome = new Promise<HandOverOutcome>((settle) => {
      this.handingOver = { onEvent, settle };
    });
    this.send({ kind: 'hand-over', source });
    return outcome;
  }

  /** The operation is over, one way or the other; resolves when the guardian is gone. */
  async dismiss(): Promise<void> {
    this.plan([]);
    this.input.end();
    await this.exited;
  }

  private send(message: OwnerMessage): void {
    if (this.alive) this.input.write(encodeLine(message));
  }

  private receive(text: string): void {
    for (const line of this.splitter.push(text)) {
      const message = JSON.parse(line) as GuardianMessage;
      if (message.kind === 'heard') this.heard(message.why);
      else if (message.kind === 'event') this.handingOver?.onEvent(message.event);
      else this.handingOver?.settle(message.outcome);
    }
  }

  private heard(why: string | undefined): void {
    if (why === undefined) this.hearing?.resolve();
    else this.hearing?.reject(new LibxlError('ERROR_FAIL', why));
    this.hearing = undefined;
  }

  private gone(): void {
    this.alive = false;
    this.heard(this.end);
    this.handingOver?.settle({ kind: 'unknown', why: this.end });
  }
}
