/** Bits of one CPUID leaf: 32 characters a register, highest bit first, of 0, 1, x (default), k (keep) and s. */
export interface CpuidLeaf {
  readonly leaf: number;
  readonly subleaf?: number;
  readonly eax?: string;
  readonly ebx?: string;
  readonly ecx?: string;
  readonly edx?: string;
}

/** Bits of one MSR: 64 characters, highest bit first. */
export interface MsrPolicy {
  readonly index: number;
  readonly policy: string;
}

/** What a guest's CPUID leaves and feature MSRs shall differ from the host's default in (libxl_cpuid_policy_list). */
export interface CpuidPolicies {
  readonly cpuid: readonly CpuidLeaf[];
  readonly msr: readonly MsrPolicy[];
}

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';
export const CPUID_REGISTERS: readonly CpuidRegister[] = ['eax', 'ebx', 'ecx', 'edx'];
