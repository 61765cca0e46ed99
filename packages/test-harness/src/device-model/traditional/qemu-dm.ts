import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isXenstoreError, type XenstoreClient } from '@xen-migration/libxc/xenstore';
import type { Fault } from './faults.js';

export interface QemuDmOptions {
  readonly xenstore: XenstoreClient;
  readonly domid: number;
  /** -loadvm */
  readonly saved: string | undefined;
  readonly saveFile: string;
  readonly fault: Fault | undefined;
}

/** What its state file begins with: the old QEMU's magic and version. */
export const SAVE_MAGIC = 'QEVM\0\0\0\u0002';
const SLOW_MS = 300;

/** Commands that answer with a state of their own, and go on (qemu-xen-traditional, xenstore.c). */
const DEVICE_COMMANDS: Readonly<Record<string, string>> = {
  'pci-ins': 'pci-inserted',
  'pci-rem': 'pci-removed',
  'usb-add': 'usb-added',
  'usb-del': 'usb-deleted',
};

/**
 * The side of qemu-dm in the protocol between libxl and the old device model, over a real xenstore (facts from
 * qemu-xen-traditional's xenstore.c and helper2.c). It has no devices: its state is who it is, and how often it was saved.
 *
 *     command: save       -> writes its state file, then state 'paused'; until `continue` it does nothing else
 *     command: continue   -> state 'running'
 *     logdirty/cmd: enable, disable -> the same word in logdirty/ret
 */
export class QemuDm {
  private readonly path: string;
  private identity: string = randomUUID();
  private saves = 0;
  private pauseRequested = false;
  private wake: () => void = () => {};

  constructor(private readonly options: QemuDmOptions) {
    this.path = `/local/domain/0/device-model/${options.domid}`;
  }

  /** Ends only with the process. */
  async serve(): Promise<never> {
    const { xenstore, saved } = this.options;
    if (saved !== undefined) this.load(saved);
    if (this.has('dies-at-start')) die('can not open the display');
    await xenstore.watch(`${this.path}/command`, () => void this.takeCommand());
    await xenstore.watch(`${this.path}/logdirty/cmd`, () => void this.takeLogDirty());
    if (this.has('silent-at-start')) await new Promise(() => {});
    await this.slowly();
    await this.say('running');
    for (;;) {
      while (!this.pauseRequested) await this.event();
      await this.slowly();
      if (this.has('dies-at-save')) die('device model saving state: no space left on device');
      if (!this.has('silent-at-save')) {
        if (!this.has('no-file-at-save')) this.save();
        await this.say(this.has('wrong-state-at-save') ? 'confused' : 'paused');
      }
      while (this.pauseRequested) await this.event();
      await this.slowly();
      await this.say('running');
    }
  }

  private async takeCommand(): Promise<void> {
    const { xenstore } = this.options;
    const command = await this.read('command');
    if (command === undefined) return;
    await xenstore.rm(`${this.path}/command`);
    log(`command ${command}`);
    const answer = DEVICE_COMMANDS[command];
    if (answer !== undefined) {
      log(`parameter ${(await this.read('parameter')) ?? 'missing'}`);
      await this.say(answer);
    } else if (command === 'save' || command === 'continue') {
      this.pauseRequested = command === 'save';
      this.wake();
    } else {
      log('bogus command');
    }
  }

  private async takeLogDirty(): Promise<void> {
    const { xenstore } = this.options;
    const command = await this.read('logdirty/cmd');
    if (command === undefined) return;
    if (this.has('dies-at-log-dirty')) die('log-dirty: can not map the bitmap');
    if (command !== 'enable' && command !== 'disable') die(`bad log-dirty command: ${command}`);
    await this.slowly();
    log(`log-dirty ${command}`);
    if (this.has('silent-at-log-dirty')) return;
    await xenstore.write(`${this.path}/logdirty/ret`, this.has('wrong-log-dirty') ? 'perhaps' : command);
  }

  private load(path: string): void {
    const text = readFileSync(path, 'latin1');
    if (this.has('dies-at-load') || !text.startsWith(SAVE_MAGIC)) die('Unknown savevm section or instance');
    const state = JSON.parse(text.slice(SAVE_MAGIC.length)) as { identity: string; saves: number };
    ({ identity: this.identity, saves: this.saves } = state);
    log(`loaded ${this.identity}, saved ${this.saves} times`);
  }

  private save(): void {
    this.saves += 1;
    const state = JSON.stringify({ identity: this.identity, saves: this.saves });
    writeFileSync(this.options.saveFile, `${SAVE_MAGIC}${state}`, { encoding: 'latin1', mode: 0o600 });
    log(`saved ${this.identity}`);
  }

  private async say(state: string): Promise<void> {
    log(`state ${state}`);
    await this.options.xenstore.write(`${this.path}/state`, state);
  }

  private async read(name: string): Promise<string | undefined> {
    try {
      return (await this.options.xenstore.read(`${this.path}/${name}`)) ?? undefined;
    } catch (e) {
      if (isXenstoreError(e, 'ENOENT')) return undefined;
      throw e;
    }
  }

  private event(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private async slowly(): Promise<void> {
    if (this.has('slow')) await sleep(SLOW_MS);
  }

  private has(fault: Fault): boolean {
    return this.options.fault === fault;
  }
}

function log(text: string): void {
  process.stdout.write(`${text}\n`);
}

function die(text: string): never {
  process.stderr.write(`qemu-dm: ${text}\n`);
  process.exit(1);
}
