import { DecodeError } from '../decode/decode-error.js';
import { decodeHvmContext } from '../decode/hvm-context.js';
import type { HvmCpu } from '../decode/hvm-context-records.js';
import { decodeVcpuContext, type VcpuContext, VGCF } from '../decode/vcpu-context.js';
import type { GuestState } from './guest-state.js';

/** General registers of one vcpu, those of a 32-bit guest widened with zeros. */
export interface VcpuRegisters {
  readonly vcpu: number;
  readonly registers: Readonly<Record<RegisterName, bigint>>;
}

/** In the order of Linux's user_regs_struct (asm/user_64.h), without orig_rax. */
export const REGISTER_NAMES = [
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
  'rip',
  'cs',
  'rflags',
  'rsp',
  'ss',
  'fs_base',
  'gs_base',
  'ds',
  'es',
  'fs',
  'gs',
] as const;

export type RegisterName = (typeof REGISTER_NAMES)[number];

/** Registers of all vcpus that the stream has; none of those whose state can't be decoded. */
export function vcpuRegisters({ vcpus, pvInfo, hvmContext }: GuestState): VcpuRegisters[] {
  const width = pvInfo?.guestWidth ?? 8;
  const pv = [...vcpus].flatMap(([vcpu, records]) => {
    const basic = records.get('X86_PV_VCPU_BASIC');
    if (basic === undefined) return [];
    return decodable(() => [{ vcpu, registers: pvRegisters(decodeVcpuContext(basic, width)) }]);
  });
  if (hvmContext === undefined) return pv;
  const hvm = decodable(() =>
    decodeHvmContext(hvmContext).flatMap((record) =>
      record.type === 'CPU' ? [{ vcpu: record.instance, registers: hvmRegisters(record.body) }] : [],
    ),
  );
  return [...pv, ...hvm];
}

function pvRegisters(context: VcpuContext): VcpuRegisters['registers'] {
  if (context.width === 8) {
    const { user_regs: regs, fs_base, gs_base_kernel, gs_base_user } = context;
    const inKernel = (Number(context.flags) & VGCF.in_kernel) !== 0;
    return named({ ...regs, fs_base, gs_base: inKernel ? gs_base_kernel : gs_base_user });
  }
  const { eax, ebx, ecx, edx, esi, edi, ebp, esp, eip, eflags, ...segments } = context.user_regs;
  const general = { rax: eax, rbx: ebx, rcx: ecx, rdx: edx, rsi: esi, rdi: edi, rbp: ebp, rsp: esp };
  return named({ ...segments, ...general, rip: eip, rflags: eflags });
}

function hvmRegisters(cpu: HvmCpu): VcpuRegisters['registers'] {
  const { cs_sel: cs, ds_sel: ds, es_sel: es, fs_sel: fs, gs_sel: gs, ss_sel: ss } = cpu;
  return named({ ...cpu, cs, ds, es, fs, gs, ss });
}

function named(values: Readonly<Record<string, unknown>>): VcpuRegisters['registers'] {
  const wide = (name: string) => {
    const value = values[name];
    return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : 0n;
  };
  // One entry for each name of the list.
  return Object.fromEntries(REGISTER_NAMES.map((name) => [name, wide(name)])) as Record<RegisterName, bigint>;
}

function decodable<T>(decode: () => T[]): T[] {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
