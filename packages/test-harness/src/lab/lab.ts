import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { labDirectory } from './cache.js';
import { writeGuestKernels } from './guest-kernel.js';
import { builtXen } from './hypervisor.js';
import { type LabImage, labImage } from './image.js';
import { type Control, kvmWorks, Machine } from './machine.js';
import { packPayload } from './payload.js';
import type { MachineNetwork } from './qemu.js';
import { writeKeys } from './ssh-keys.js';

const SHAPE = { memory: 4096, dom0Memory: 1536, cpus: 2 };
const NETWORK_PORT = 27_100;
/** Also in dom0's /etc/hosts (image.ts). */
const ADDRESSES = { left: '10.77.0.1', right: '10.77.0.2' } as const;

/** A machine that takes orders. */
export interface Running {
  readonly machine: Machine;
  readonly control: Control;
}

/** The machines of one cache folder, and how they are made. */
export class Lab {
  readonly directory = labDirectory();

  /** @param xen of a hypervisor other than Debian's: `built`, or the path of a plain multiboot ELF file */
  constructor(
    private readonly progress: (what: string) => void,
    private readonly xen: string | undefined,
  ) {
    mkdirSync(this.directory, { recursive: true });
  }

  /** What every machine boots from, made where it is not there. */
  image(): Promise<LabImage> {
    return labImage(this.directory, this.progress);
  }

  machine(name: string): Machine {
    return new Machine(join(this.directory, 'machines', name));
  }

  names(): string[] {
    const folder = join(this.directory, 'machines');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  /** Does something with a machine: the one that is up, else one that is booted for it and ended then. */
  async with<T>(name: string, work: (running: Running) => Promise<T>): Promise<T> {
    const machine = this.machine(name);
    const wasUp = machine.pid !== undefined;
    const control = wasUp ? await machine.control() : await this.boot(name);
    try {
      if (wasUp) await this.pack(machine);
      return await work({ machine, control });
    } finally {
      control.close();
      if (!wasUp) await machine.stop();
    }
  }

  async boot(name: string, network?: MachineNetwork): Promise<Control> {
    const image = await this.image();
    const machine = this.machine(name);
    await this.pack(machine);
    if (network !== undefined) await writeKeys(image.tools, this.directory, machine.share);
    const xen = await this.hypervisor();
    this.progress(`booting ${name} (${kvmWorks() ? 'KVM' : 'emulated: no nested KVM here'})`);
    const extra = { ...(xen === undefined ? {} : { xen }), ...(network === undefined ? {} : { network }) };
    machine.start(image, { name, ...SHAPE, ...extra });
    const control = await machine.whenUp();
    this.progress(`${name} is up; console: ${machine.consoleLog}`);
    return control;
  }

  /** `left` and `right` on one private network: root of each gets into the other by ssh. */
  async bootTwo(): Promise<{ readonly left: Running; readonly right: Running }> {
    const left = await this.boot('left', { role: 'listen', port: NETWORK_PORT, address: ADDRESSES.left });
    try {
      const right = await this.boot('right', { role: 'connect', port: NETWORK_PORT, address: ADDRESSES.right });
      return {
        left: { machine: this.machine('left'), control: left },
        right: { machine: this.machine('right'), control: right },
      };
    } catch (e) {
      left.close();
      await this.machine('left').stop();
      throw e;
    }
  }

  /** Ends machines, and removes what is left of them. */
  async down(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const machine = this.machine(name);
      if (machine.pid !== undefined) this.progress(`ending ${name}`);
      await machine.stop();
      rmSync(machine.folder, { recursive: true, force: true });
    }
  }

  /** What dom0 finds in its share: our packages, and PV kernels for guests. */
  private async pack(machine: Machine): Promise<void> {
    mkdirSync(machine.share, { recursive: true });
    await writeGuestKernels(this.directory, join(machine.share, 'guests'));
    await packPayload(join(machine.share, 'xen-migration.tar'), join(machine.folder, 'payload'));
  }

  private async hypervisor(): Promise<string | undefined> {
    if (this.xen === 'built') return builtXen(this.directory, this.progress);
    return this.xen === undefined ? undefined : resolve(this.xen);
  }
}
