import { PAGE_SHIFT, PAGE_SIZE } from '../../../hypervisor/frames.js';
import { type GuestWidth, type PvLayout, pvLayout } from '../../../x86/layout.js';
import type { AddressSpace } from '../address-space.js';
import { GuestFault } from '../fault.js';
import type { Hypercalls } from '../hypercalls.js';
import { REG } from '../isa.js';
import { AREA, KERNEL, KERNEL_MAGIC, type KernelField, VCPU, VCPU_SIZE, type VcpuField } from '../kernel-data.js';
import type { Registers } from '../registers.js';
import type { PvTranslator } from '../translators.js';

/** What services work with. They keep nothing: all that they know is in the guest's memory and registers. */
export interface ServiceContext {
  readonly vcpu: number;
  readonly registers: Registers;
  readonly space: AddressSpace;
  readonly hypercalls: Hypercalls;
  /** PV: the tables, and the machine's frame names. */
  readonly pv: PvMachine | undefined;
  /** Microseconds of a clock that never goes back while the host lives. */
  now(): number;
}

export interface PvMachine {
  readonly width: GuestWidth;
  readonly tables: PvTranslator;
  /** mfn of the top-level table. */
  root(): number;
  mfnToPfn(mfn: number): number;
}

/** The kernel's data by name, at the address in rbp. */
export class Kernel {
  readonly base: number;

  constructor(readonly context: ServiceContext) {
    this.base = context.registers.get(REG.rbp);
  }

  get space(): AddressSpace {
    return this.context.space;
  }

  get hypercalls(): Hypercalls {
    return this.context.hypercalls;
  }

  /** Bytes of a guest word. */
  get width(): GuestWidth {
    return this.context.pv?.width ?? 8;
  }

  /** Of the structures that a PV guest shares with Xen. */
  get layout(): PvLayout {
    return pvLayout(this.width);
  }

  /** A word of such a structure. */
  readWord(address: number): number {
    return this.width === 8 ? this.space.read64(address) : this.space.read32(address);
  }

  writeWord(address: number, value: number): void {
    if (this.width === 8) this.space.write64(address, value);
    else this.space.write32(address, value);
  }

  get(field: KernelField): number {
    return this.space.read64(this.base + KERNEL[field]);
  }

  set(field: KernelField, value: number): void {
    this.space.write64(this.base + KERNEL[field], value);
  }

  getVcpu(vcpu: number, field: VcpuField): number {
    return this.space.read64(this.vcpuAddress(vcpu) + VCPU[field]);
  }

  setVcpu(vcpu: number, field: VcpuField, value: number): void {
    this.space.write64(this.vcpuAddress(vcpu) + VCPU[field], value);
  }

  vcpuAddress(vcpu: number): number {
    return this.base + AREA.vcpus + vcpu * VCPU_SIZE;
  }

  /** @throws GuestFault when rbp leads to no kernel data: a register was lost */
  check(): void {
    if (this.get('magic') !== KERNEL_MAGIC) throw new GuestFault('PANIC', 'the kernel does not find its data at rbp');
  }

  /** The PV machine. @throws GuestFault in a guest that is none */
  pv(): PvMachine {
    if (this.context.pv === undefined) throw new GuestFault('PANIC', 'a PV service in a guest that is not PV');
    return this.context.pv;
  }

  addressOfPfn(pfn: number): number {
    return this.get('virtBase') + pfn * PAGE_SIZE;
  }

  pfnOfAddress(address: number): number {
    return Math.floor((address - this.get('virtBase')) / 2 ** PAGE_SHIFT);
  }
}
