import {
  HVM_SAVE_END,
  HVM_SAVE_TYPES,
  USER_REGS_32,
  USER_REGS_64,
  VCPU_CONTEXT_32,
  VCPU_CONTEXT_64,
} from '@xen-migration/stream-format/structures';
import type { GuestWidth } from './layout.js';

/**
 * Where the registers lie in the two forms in which a vcpu travels: a PV guest's vcpu_guest_context and the CPU record of
 * an HVM context. Offsets in bytes, from stream-format's declarations; each register is a u64 unless said otherwise. What
 * save and restore themselves touch is in layout.ts.
 */
export interface RegisterLayout {
  /** rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8..r15: x86's own numbering. */
  readonly general: readonly number[];
  /** Bytes of rip and of the first eight registers. */
  readonly width: GuestWidth;
  readonly rip: number;
  readonly rflags: number;
  readonly cr3: number;
}

/** x86's numbering of the general registers (Intel SDM vol. 2, table 2-2). */
const ENCODING = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'] as const;
const EXTENDED = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
const NAMES_64 = [...ENCODING.map((name) => `r${name}` as const), ...EXTENDED] as const;
const NAMES_32 = ENCODING.map((name) => `e${name}` as const);

const CONTEXT_32 = VCPU_CONTEXT_32.offsets;
const CONTEXT_64 = VCPU_CONTEXT_64.offsets;
const FPU = VCPU_CONTEXT_64.members.fpu_ctxt.offsets;
const CPU = HVM_SAVE_TYPES.CPU.layout;

export const PV64_REGISTERS: RegisterLayout = {
  width: 8,
  general: NAMES_64.map((name) => CONTEXT_64.user_regs + USER_REGS_64.offsets[name]),
  rip: CONTEXT_64.user_regs + USER_REGS_64.offsets.rip,
  rflags: CONTEXT_64.user_regs + USER_REGS_64.offsets.rflags,
  cr3: CONTEXT_64.ctrlreg + 3 * 8,
};

/** Bytes from one XMM register of an FXSAVE area to the next. */
const XMM_SIZE = 16;

/**
 * A 32-bit guest has no r8 to r15; the embedded CPU, whose programs use sixteen registers of any guest, keeps them in the
 * low halves of XMM0 to XMM7.
 */
export const PV32_REGISTERS: RegisterLayout = {
  width: 4,
  general: [
    ...NAMES_32.map((name) => CONTEXT_32.user_regs + USER_REGS_32.offsets[name]),
    ...EXTENDED.map((_, i) => CONTEXT_32.fpu_ctxt + FPU.xmm + i * XMM_SIZE),
  ],
  rip: CONTEXT_32.user_regs + USER_REGS_32.offsets.eip,
  rflags: CONTEXT_32.user_regs + USER_REGS_32.offsets.eflags,
  cr3: CONTEXT_32.ctrlreg + 3 * 4,
};

export function registerLayout(kind: 'pv' | 'hvm', width: GuestWidth): RegisterLayout {
  if (kind === 'hvm') return HVM_REGISTERS;
  return width === 8 ? PV64_REGISTERS : PV32_REGISTERS;
}

/** Further fields of a vcpu_guest_context, for whoever makes one. Selectors are u16. */
export interface PvContextLayout {
  readonly fpuControlWord: number;
  readonly fpuMxcsr: number;
  readonly cs: number;
  readonly ss: number;
  /** Words. */
  readonly kernelSs: number;
  readonly kernelSp: number;
}

export const PV32_CONTEXT: PvContextLayout = {
  fpuControlWord: CONTEXT_32.fpu_ctxt + FPU.fcw,
  fpuMxcsr: CONTEXT_32.fpu_ctxt + FPU.mxcsr,
  cs: CONTEXT_32.user_regs + USER_REGS_32.offsets.cs,
  ss: CONTEXT_32.user_regs + USER_REGS_32.offsets.ss,
  kernelSs: CONTEXT_32.kernel_ss,
  kernelSp: CONTEXT_32.kernel_sp,
};

export const PV64_CONTEXT: PvContextLayout = {
  fpuControlWord: CONTEXT_64.fpu_ctxt + FPU.fcw,
  fpuMxcsr: CONTEXT_64.fpu_ctxt + FPU.mxcsr,
  cs: CONTEXT_64.user_regs + USER_REGS_64.offsets.cs,
  ss: CONTEXT_64.user_regs + USER_REGS_64.offsets.ss,
  kernelSs: CONTEXT_64.kernel_ss,
  kernelSp: CONTEXT_64.kernel_sp,
};

export const HVM_REGISTERS: RegisterLayout = {
  width: 8,
  general: NAMES_64.map((name) => CPU.offsets[name]),
  rip: CPU.offsets.rip,
  rflags: CPU.offsets.rflags,
  cr3: CPU.offsets.cr3,
};

/** Further fields of hvm_hw_cpu, for whoever makes one; u32 where a size of 4 is said. */
export const HVM_CPU = {
  size: CPU.size,
  fpuControlWord: CPU.offsets.fpu_regs + FPU.fcw,
  fpuMxcsr: CPU.offsets.fpu_regs + FPU.mxcsr,
  cr0: CPU.offsets.cr0,
  cr4: CPU.offsets.cr4,
  dr6: CPU.offsets.dr6,
  dr7: CPU.offsets.dr7,
  /** cs, ds, es, fs, gs, ss, tr, ldtr; then idtr, gdtr where a table goes on. u32 each. */
  selectors: CPU.offsets.cs_sel,
  limits: CPU.offsets.cs_limit,
  /** u64 each. */
  bases: CPU.offsets.cs_base,
  /** u32 each, eight. */
  attributes: CPU.offsets.cs_arbytes,
  efer: CPU.offsets.msr_efer,
  /** u32: bit 0, the FPU state is initialised. */
  flags: CPU.offsets.flags,
} as const;

/** Types in an HVM context: {typecode u16, instance u16, length u32} before each body. */
export const HVM_SAVE = {
  end: HVM_SAVE_END,
  header: HVM_SAVE_TYPES.HEADER.code,
  cpu: HVM_SAVE_TYPES.CPU.code,
  descriptorSize: 8,
} as const;
