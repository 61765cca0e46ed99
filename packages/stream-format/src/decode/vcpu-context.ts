import { FXSAVE } from './fpu-state.js';
import { type Decoded, decodeExactly, list, padding, structure, u8, u16, u32, u64 } from './structure.js';
import { USER_REGS_32, USER_REGS_64 } from './vcpu-registers.js';

const TRAP_INFO_32 = structure({ vector: u8, flags: u8, cs: u16, address: u32 });
const TRAP_INFO_64 = structure({ vector: u8, flags: u8, cs: u16, _pad: padding(4), address: u64 });

/** struct vcpu_guest_context of a 32-bit PV guest (public/arch-x86/xen.h): body of X86_PV_VCPU_BASIC. */
export const VCPU_CONTEXT_32 = structure({
  fpu_ctxt: FXSAVE,
  flags: u32,
  user_regs: USER_REGS_32,
  trap_ctxt: list(TRAP_INFO_32, 256),
  ldt_base: u32,
  ldt_ents: u32,
  gdt_frames: list(u32, 16),
  gdt_ents: u32,
  kernel_ss: u32,
  kernel_sp: u32,
  ctrlreg: list(u32, 8),
  debugreg: list(u32, 8),
  event_callback_cs: u32,
  event_callback_eip: u32,
  failsafe_callback_cs: u32,
  failsafe_callback_eip: u32,
  vm_assist: u32,
});
export type VcpuContext32 = Decoded<typeof VCPU_CONTEXT_32>;

/** The same of a 64-bit PV guest. */
export const VCPU_CONTEXT_64 = structure({
  fpu_ctxt: FXSAVE,
  flags: u64,
  user_regs: USER_REGS_64,
  trap_ctxt: list(TRAP_INFO_64, 256),
  ldt_base: u64,
  ldt_ents: u64,
  gdt_frames: list(u64, 16),
  gdt_ents: u64,
  kernel_ss: u64,
  kernel_sp: u64,
  ctrlreg: list(u64, 8),
  debugreg: list(u64, 8),
  event_callback_eip: u64,
  failsafe_callback_eip: u64,
  syscall_callback_eip: u64,
  vm_assist: u64,
  fs_base: u64,
  gs_base_kernel: u64,
  gs_base_user: u64,
});
export type VcpuContext64 = Decoded<typeof VCPU_CONTEXT_64>;

/** Bits of vcpu_guest_context.flags. */
export const VGCF = {
  i387_valid: 1 << 0,
  in_kernel: 1 << 2,
  failsafe_disables_events: 1 << 3,
  syscall_disables_events: 1 << 4,
  online: 1 << 5,
  in_syscall: 1 << 8,
} as const;

export type VcpuContext = ({ width: 4 } & VcpuContext32) | ({ width: 8 } & VcpuContext64);

/**
 * The context in an X86_PV_VCPU_BASIC record. Frame numbers in it are pfns on the wire: gdt_frames, ctrlreg[3], and of
 * a 64-bit guest ctrlreg[1], in which bit 0 says that it is there.
 * @throws DecodeError when the length is not that of the width
 */
export function decodeVcpuContext(data: Uint8Array, width: 4 | 8): VcpuContext {
  return width === 4
    ? { width, ...decodeExactly(VCPU_CONTEXT_32, data, '32-bit vcpu_guest_context') }
    : { width, ...decodeExactly(VCPU_CONTEXT_64, data, '64-bit vcpu_guest_context') };
}

/** pfn that a folded cr3 of a PV guest holds: 32-bit guests rotate the frame number, 64-bit ones shift it. */
export function cr3ToFrame(cr3: number | bigint, width: 4 | 8): number {
  if (width === 8) return Number(BigInt(cr3) >> 12n);
  const folded = Number(cr3);
  return ((folded >>> 12) | (folded << 20)) >>> 0;
}
