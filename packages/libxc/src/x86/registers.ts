import type { GuestWidth } from './layout.js';

/**
 * Where the registers lie in the two forms in which a vcpu travels: the vcpu_guest_context of a 64-bit PV guest
 * (public/arch-x86/xen-x86_64.h, struct cpu_user_regs) and the CPU record of an HVM context
 * (public/arch-x86/hvm/save.h, struct hvm_hw_cpu). Offsets in bytes; each register is a u64 unless said otherwise.
 * What save and restore themselves touch is in layout.ts.
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

/** struct cpu_user_regs lies here in a 64-bit vcpu_guest_context. */
const USER_REGS = 520;

/** User registers in the order of cpu_user_regs. */
const PV_ORDER = [
  'r15',
  'r14',
  'r13',
  'r12',
  'rbp',
  'rbx',
  'r11',
  'r10',
  'r9',
  'r8',
  'rax',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
];
/** ... and in that of hvm_hw_cpu, behind 512 bytes of FPU state. */
const HVM_ORDER = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rbp',
  'rsi',
  'rdi',
  'rsp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
];
const ENCODING = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
];

export const PV64_REGISTERS: RegisterLayout = {
  width: 8,
  general: ENCODING.map((name) => (name === 'rsp' ? USER_REGS + 152 : USER_REGS + PV_ORDER.indexOf(name) * 8)),
  rip: USER_REGS + 128,
  rflags: USER_REGS + 144,
  cr3: 5008,
};

/** eax, ecx, edx, ebx, esp, ebp, esi, edi in the cpu_user_regs of a 32-bit vcpu_guest_context (x86_32.h). */
const PV32_GENERAL = [540, 520, 524, 516, 560, 536, 528, 532];
/** XMM0 in the context's FXSAVE area, and how far apart the XMM registers lie. */
const XMM = { first: 160, size: 16 } as const;

/**
 * A 32-bit guest has no r8 to r15; the embedded CPU, whose programs use sixteen registers of any guest, keeps them in the
 * low halves of XMM0 to XMM7.
 */
export const PV32_REGISTERS: RegisterLayout = {
  width: 4,
  general: [...PV32_GENERAL, ...PV32_GENERAL.map((_, i) => XMM.first + i * XMM.size)],
  rip: 548,
  rflags: 556,
  cr3: 2728,
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
  fpuControlWord: 0,
  fpuMxcsr: 24,
  cs: 552,
  ss: 564,
  kernelSs: 2708,
  kernelSp: 2712,
};

export const PV64_CONTEXT: PvContextLayout = {
  fpuControlWord: 0,
  fpuMxcsr: 24,
  cs: USER_REGS + 136,
  ss: USER_REGS + 160,
  kernelSs: 4968,
  kernelSp: 4976,
};

export const HVM_REGISTERS: RegisterLayout = {
  width: 8,
  general: ENCODING.map((name) => 512 + HVM_ORDER.indexOf(name) * 8),
  rip: 640,
  rflags: 648,
  cr3: 672,
};

/** Further fields of hvm_hw_cpu, for whoever makes one; u32 where a size of 4 is said. */
export const HVM_CPU = {
  size: 1032,
  fpuControlWord: 0,
  fpuMxcsr: 24,
  cr0: 656,
  cr4: 680,
  dr6: 720,
  dr7: 728,
  /** cs, ds, es, fs, gs, ss, tr, ldtr; then idtr, gdtr where a table goes on. u32 each. */
  selectors: 736,
  limits: 768,
  /** u64 each. */
  bases: 808,
  /** u32 each, eight. */
  attributes: 888,
  efer: 992,
  /** u32: bit 0, the FPU state is initialised. */
  flags: 1024,
} as const;

/** Types in an HVM context: {typecode u16, instance u16, length u32} before each body. */
export const HVM_SAVE = { end: 0, header: 1, cpu: 2, descriptorSize: 8 } as const;
