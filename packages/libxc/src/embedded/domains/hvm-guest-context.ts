import { pvLayout, VGCF_ONLINE } from '../../x86/layout.js';
import { HVM_CPU, HVM_REGISTERS, PV64_CONTEXT, PV64_REGISTERS, type RegisterLayout } from '../../x86/registers.js';
import { writeWord } from '../../x86/words.js';

const FPU_SIZE = 512;
const { size, flags } = pvLayout(8).vcpuContext;

/** What of an HVM vcpu the domctls for contexts show: a 64-bit vcpu_guest_context, as of a PV guest. */
export function guestContextOfHvm(cpu: Uint8Array, online: boolean): Uint8Array {
  const context = new Uint8Array(size);
  context.set(cpu.subarray(0, FPU_SIZE));
  copyRegisters(cpu, HVM_REGISTERS, context, PV64_REGISTERS);
  copyWord(cpu, HVM_REGISTERS.cr3, context, PV64_REGISTERS.cr3);
  context.set(selector(cpu, SELECTOR.cs), PV64_CONTEXT.cs);
  context.set(selector(cpu, SELECTOR.ss), PV64_CONTEXT.ss);
  if (online) writeWord(context, flags, 8, BigInt(VGCF_ONLINE));
  return context;
}

/** Loads the user registers alone, as Xen does: all else of an HVM vcpu comes with its HVM context. */
export function loadUserRegisters(cpu: Uint8Array, context: Uint8Array): void {
  copyRegisters(context, PV64_REGISTERS, cpu, HVM_REGISTERS);
}

/** Index among hvm_hw_cpu's selectors. */
const SELECTOR = { cs: 0, ss: 5 } as const;

function selector(cpu: Uint8Array, index: number): Uint8Array {
  const at = HVM_CPU.selectors + index * 4;
  return cpu.subarray(at, at + 2);
}

function copyRegisters(from: Uint8Array, fromLayout: RegisterLayout, to: Uint8Array, toLayout: RegisterLayout): void {
  fromLayout.general.forEach((at, register) => {
    copyWord(from, at, to, toLayout.general[register]!);
  });
  copyWord(from, fromLayout.rip, to, toLayout.rip);
  copyWord(from, fromLayout.rflags, to, toLayout.rflags);
}

function copyWord(from: Uint8Array, at: number, to: Uint8Array, toAt: number): void {
  to.set(from.subarray(at, at + 8), toAt);
}
