import { ARCH_CAPABILITIES } from './cpu-features.js';
import { DecodeError } from './decode-error.js';
import { type Decoded, padding, structure, u32, u64, viewOf } from './structure.js';

/** Names of the MSRs that travel in streams. */
export const MSR_NAMES: Readonly<Record<number, string>> = {
  72: 'SPEC_CTRL',
  206: 'PLATFORM_INFO',
  266: 'ARCH_CAPABILITIES',
  320: 'MISC_FEATURES_ENABLES',
  473: 'DEBUGCTL',
  3472: 'BNDCFGS',
  3488: 'XSS',
  3221225731: 'TSC_AUX',
  3221295129: 'DR1_ADDRESS_MASK',
  3221295130: 'DR2_ADDRESS_MASK',
  3221295131: 'DR3_ADDRESS_MASK',
  3221295143: 'DR0_ADDRESS_MASK',
  3221291295: 'VIRT_SPEC_CTRL',
};

/** xen_domctl_vcpu_msr and xen_msr_entry have one layout: index, a word that is zero, value. */
const MSR_ENTRY = structure({ index: u32, _reserved: padding(4), value: u64 });

export interface Msr extends Decoded<typeof MSR_ENTRY> {
  /** Name by the manuals, undefined where it is not among those that streams usually hold. */
  readonly name: string | undefined;
}

/**
 * The MSRs of an X86_PV_VCPU_MSRS or X86_MSR_POLICY record.
 * @throws DecodeError when the length is no multiple of an entry's
 */
export function decodeMsrs(data: Uint8Array): Msr[] {
  if (data.length % MSR_ENTRY.size !== 0) {
    throw new DecodeError('MSR list', `${data.length} bytes, no multiple of ${MSR_ENTRY.size}`);
  }
  const view = viewOf(data);
  return Array.from({ length: data.length / MSR_ENTRY.size }, (_, i) => {
    const entry = MSR_ENTRY.read(view, i * MSR_ENTRY.size);
    return { ...entry, name: MSR_NAMES[entry.index] };
  });
}

/** The bytes of a list of MSRs. */
export function encodeMsrs(msrs: readonly Pick<Msr, 'index' | 'value'>[]): Uint8Array {
  const data = new Uint8Array(msrs.length * MSR_ENTRY.size);
  for (const [i, msr] of msrs.entries()) MSR_ENTRY.write(viewOf(data), i * MSR_ENTRY.size, msr);
  return data;
}

/** Names of the bits that are set in MSR_ARCH_CAPABILITIES. */
export function archCapabilityNames(value: bigint): string[] {
  const names: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if (((value >> BigInt(bit)) & 1n) === 0n) continue;
    const name = ARCH_CAPABILITIES[bit < 32 ? 0 : 1][bit % 32];
    names.push(name === undefined || name === '-' ? `bit${bit}` : name);
  }
  return names;
}
