import type { Worker } from 'node:worker_threads';
import type { Vcpu } from '../domains/vcpu.js';
import { ANSWER_TEXT, ANSWER_VALUE, GO, VCPU_CONTROL_SIZE, VCPU_WORD } from './control.js';
import type { VcpuData, VcpuMessage } from './vcpu-data.js';

/** What the thread asks of the host. */
export interface VcpuThreadHandlers {
  /** A hypercall. @throws Error: the guest is told so */
  readonly call: (name: string, args: readonly unknown[]) => number;
  /** The thread died of an error that is no guest's fault. */
  readonly failed: (error: Error) => void;
}

/** The thread that executes one vcpu, seen from the host's thread. */
export class VcpuThread {
  private state: 'stopped' | 'running' | 'stopping' | 'ended' = 'stopped';
  private runAgain = false;
  private waiters: (() => void)[] = [];

  /** @param worker that waits for what it is to execute */
  constructor(
    private readonly worker: Worker,
    private readonly vcpu: Vcpu,
    data: VcpuData,
    private readonly handlers: VcpuThreadHandlers,
  ) {
    worker.on('message', (message: VcpuMessage) => this.receive(message));
    worker.on('error', (error) => this.fail(error));
    // Listening alone would keep the process alive.
    worker.unref();
    worker.postMessage(data);
  }

  /** Lets the vcpu run; once it has stopped, if it is stopping. */
  run(): void {
    if (this.state === 'stopping') this.runAgain = true;
    if (this.state !== 'stopped') return;
    const { controlWords } = this.vcpu;
    this.state = 'running';
    Atomics.store(controlWords, VCPU_WORD.executing, 1);
    Atomics.store(controlWords, VCPU_WORD.go, GO.run);
    Atomics.notify(controlWords, VCPU_WORD.go);
  }

  /** Asks the vcpu to stop at its next instruction boundary. */
  askToStop(): void {
    this.runAgain = false;
    if (this.state !== 'running') return;
    this.state = 'stopping';
    Atomics.store(this.vcpu.controlWords, VCPU_WORD.go, GO.stop);
    Atomics.notify(this.vcpu.controlWords, VCPU_WORD.go);
    this.vcpu.wake();
  }

  /** Resolves when the vcpu does not execute: all of its state is in shared memory. */
  stopped(): Promise<void> {
    if (this.state === 'stopped' || this.state === 'ended') return Promise.resolve();
    // Somebody waits: now the thread does keep the process alive.
    this.worker.ref();
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  async end(): Promise<void> {
    this.askToStop();
    await this.stopped();
    this.state = 'ended';
    await this.worker.terminate();
  }

  private receive(message: VcpuMessage): void {
    if ('stopped' in message) this.hasStopped('stopped');
    else this.answer(message.call, message.args);
  }

  private hasStopped(state: 'stopped' | 'ended'): void {
    this.state = state;
    this.worker.unref();
    const { waiters } = this;
    this.waiters = [];
    for (const resolve of waiters) resolve();
    // Nobody who waited can mind: whoever needs the vcpu stopped keeps the domain paused, and run() is not called.
    if (!this.runAgain) return;
    this.runAgain = false;
    this.run();
  }

  private answer(call: string, args: readonly unknown[]): void {
    let code = 1;
    try {
      new Float64Array(this.vcpu.control)[ANSWER_VALUE / 8] = this.handlers.call(call, args);
    } catch (e) {
      code = 2;
      this.writeText(e instanceof Error ? e.message : String(e));
    }
    Atomics.store(this.vcpu.controlWords, VCPU_WORD.answer, code);
    Atomics.notify(this.vcpu.controlWords, VCPU_WORD.answer);
  }

  private writeText(text: string): void {
    const encoded = Buffer.from(text, 'utf8').subarray(0, VCPU_CONTROL_SIZE - ANSWER_TEXT - 4);
    this.vcpu.controlWords[ANSWER_TEXT / 4] = encoded.length;
    new Uint8Array(this.vcpu.control).set(encoded, ANSWER_TEXT + 4);
  }

  private fail(error: Error): void {
    Atomics.store(this.vcpu.controlWords, VCPU_WORD.executing, 0);
    this.hasStopped('ended');
    this.handlers.failed(error);
  }
}
