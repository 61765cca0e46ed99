import { spawn } from 'node:child_process';
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LabImage } from './image.js';
import { MACHINE_FILES, type MachineOptions, qemuArguments } from './qemu.js';

/** Milliseconds: emulated, dom0 needs some 25 s on an idle machine. */
const BOOT_TIMEOUT = 300_000;
const CONNECT_INTERVAL = 100;

/** A machine of the lab, by the folder in which its QEMU process, sockets and logs are. */
export class Machine {
  constructor(readonly folder: string) {}

  /** What dom0 sees as /lab/share. */
  get share(): string {
    return join(this.folder, 'share');
  }

  get consoleLog(): string {
    return join(this.folder, 'console.log');
  }

  /** QEMU's process, undefined when it does not run. */
  get pid(): number | undefined {
    const path = join(this.folder, 'pid');
    if (!existsSync(path)) return undefined;
    const pid = Number(readFileSync(path, 'utf8'));
    try {
      // Another process may have the number by now.
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return words.includes(join(this.folder, MACHINE_FILES.control)) ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Starts QEMU; it outlives this process. */
  start(image: LabImage, options: Omit<MachineOptions, 'folder' | 'share' | 'kvm'>): void {
    mkdirSync(this.share, { recursive: true });
    for (const name of Object.values(MACHINE_FILES)) rmSync(join(this.folder, name), { force: true });
    const args = qemuArguments(image, { ...options, folder: this.folder, share: this.share, kvm: kvmWorks() });
    const [loader = '', ...words] = image.tools.words('usr/bin/qemu-system-x86_64');
    const log = openSync(join(this.folder, 'qemu.log'), 'w');
    try {
      const child = spawn(loader, [...words, ...args], {
        detached: true,
        stdio: ['ignore', log, log],
        // Writes to dom0's disk go to an unnamed file here.
        env: {
          ...process.env,
          TMPDIR: this.folder,
          QEMU_MODULE_DIR: image.tools.path('usr/lib/x86_64-linux-gnu/qemu'),
        },
      });
      child.unref();
      writeFileSync(join(this.folder, 'pid'), String(child.pid));
    } finally {
      closeSync(log);
    }
  }

  /** Waits until dom0 takes orders. @throws Error with the end of the console when it does not come up */
  async whenUp(): Promise<Control> {
    const deadline = Date.now() + BOOT_TIMEOUT;
    const control = await this.connect(MACHINE_FILES.control, deadline);
    const lines = new Control(control);
    await lines.expect('up', deadline - Date.now(), () => this.lastWords());
    return lines;
  }

  /** For a machine that came up before. */
  async control(): Promise<Control> {
    const deadline = Date.now() + 5000;
    return new Control(await this.connect(MACHINE_FILES.control, deadline));
  }

  /** Ends QEMU: like pulling the plug. */
  async stop(): Promise<void> {
    const { pid } = this;
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      while (this.pid !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    rmSync(join(this.folder, 'pid'), { force: true });
  }

  private async connect(name: string, deadline: number): Promise<Socket> {
    for (;;) {
      try {
        return await open(join(this.folder, name));
      } catch (e) {
        if (Date.now() > deadline || this.pid === undefined) {
          throw new Error(`the machine in ${this.folder} does not run${this.lastWords()}`, { cause: e });
        }
        await new Promise((resolve) => setTimeout(resolve, CONNECT_INTERVAL));
      }
    }
  }

  private lastWords(): string {
    const texts = ['qemu.log', 'console.log']
      .map((name) => join(this.folder, name))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8').trim().slice(-1500))
      .filter((text) => text !== '');
    return texts.length === 0 ? '' : `; it last said:\n${texts.join('\n')}`;
  }
}

function open(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/**
 * Whether QEMU can use hardware virtualisation here. Xen's own HVM guests need it nested, so a /dev/kvm alone does not
 * do. XEN_LAB_ACCEL (kvm, tcg) decides otherwise.
 */
export function kvmWorks(): boolean {
  const asked = process.env.XEN_LAB_ACCEL;
  if (asked !== undefined && asked !== '') return asked === 'kvm';
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return false;
  }
  return ['kvm_intel', 'kvm_amd'].some((name) => {
    const parameter = `/sys/module/${name}/parameters/nested`;
    return existsSync(parameter) && /^[1Y]/.test(readFileSync(parameter, 'utf8'));
  });
}

/** The line to dom0's first process. */
export class Control {
  private readonly received: string[] = [];
  private arrived: (() => void) | undefined;
  private ended = false;

  constructor(private readonly control: Socket) {
    createInterface({ input: control }).on('line', (line) => {
      this.received.push(line);
      this.arrived?.();
    });
    control.on('close', () => {
      this.ended = true;
      this.arrived?.();
    });
    control.on('error', () => {});
  }

  /** Runs /lab/share/FOLDER/script in dom0 and answers its exit status; what it prints goes to the file `output` there. */
  async run(folder: string, timeout: number): Promise<number> {
    this.control.write(`run ${folder}\n`);
    return Number(await this.expect('done', timeout, () => ''));
  }

  /** The rest of the next line that begins with `word`. */
  async expect(word: string, timeout: number, detail: () => string): Promise<string> {
    const deadline = Date.now() + timeout;
    for (;;) {
      const line = this.received.shift();
      if (line?.startsWith(word)) return line.slice(word.length).trim();
      if (line !== undefined) continue;
      if (this.ended) throw new Error(`the machine ended before it said '${word}'${detail()}`);
      if (Date.now() >= deadline) throw new Error(`dom0 did not say '${word}' within ${timeout / 1000} s${detail()}`);
      await this.nextArrival(deadline - Date.now());
    }
  }

  close(): void {
    this.control.destroy();
  }

  private nextArrival(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.arrived = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
