import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Run, runOnce } from './measure.js';
import { XL } from './workspace.js';

/** What a host needs besides its guests, MiB. */
export const HOST_SPARE = 128;

/** A host of its own in a folder, and the commands that work on it. */
export class BenchHost {
  readonly env: Readonly<Record<string, string>>;

  /** @param guestsMib memory of all guests that are there at a time */
  constructor(
    readonly folder: string,
    guestsMib: number,
  ) {
    mkdirSync(folder, { mode: 0o700 });
    this.env = {
      XEN_EMBEDDED_DIR: folder,
      XEN_EMBEDDED_MEMORY: String(Math.ceil(guestsMib * 1.05) + HOST_SPARE),
      XEN_EMBEDDED_IDLE: '2',
      // No device model: what it takes is its own.
      XEN_QEMU: 'none',
    };
  }

  xl(...args: string[]): Promise<Run> {
    return runOnce({ words: [...XL, ...args], env: this.env });
  }

  /** The same, and its private memory is watched. */
  xlWatched(...args: string[]): Promise<Run> {
    return runOnce({ words: [...XL, ...args], env: this.env, watchMemory: true });
  }

  /** A guest named vm, all of whose memory has been written. */
  createFull(type: 'pv' | 'hvm', sizeMib: number): Promise<void> {
    return this.create(type, sizeMib, 'rate=500');
  }

  /** A guest named vm that runs `selfcheck` with that command line, and has begun to. */
  async create(type: 'pv' | 'hvm', sizeMib: number, cmdline: string): Promise<void> {
    const config = join(this.folder, 'vm.cfg');
    const settings = { name: 'vm', type, kernel: 'builtin:selfcheck', cmdline, memory: sizeMib, vcpus: 1 };
    const lines = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
    writeFileSync(config, lines.join(''));
    await this.xl('create', '-e', '-q', config);
    await this.guestSays(/writes, 0 lost/);
  }

  async guestSays(pattern: RegExp): Promise<void> {
    const end = Date.now() + 120_000;
    while (!pattern.test((await this.xl('console', '--dump', 'vm')).stdout)) {
      if (Date.now() > end) throw new Error(`the guest does not say ${pattern}`);
      await sleep(200);
    }
  }

  /** The host ends by itself when it has no domain; its memory must be gone before the next size. */
  async ended(): Promise<void> {
    const end = Date.now() + 20_000;
    while (existsSync(join(this.folder, 'hypervisor.sock')) && Date.now() < end) await sleep(100);
  }
}
