import { CPU_FEATURES } from './cpu-features.js';
import { DecodeError } from './decode-error.js';
import { type Decoded, structure, u32, viewOf } from './structure.js';

/** struct xen_cpuid_leaf (public/arch-x86/xen.h): entry of X86_CPUID_POLICY. */
export const CPUID_LEAF = structure({ leaf: u32, subleaf: u32, a: u32, b: u32, c: u32, d: u32 });

/** Subleaf of a leaf that has none. */
export const CPUID_NO_SUBLEAF = 0xffffffff;

export type CpuidLeaf = Decoded<typeof CPUID_LEAF>;

/**
 * The leaves of an X86_CPUID_POLICY record, in the record's order.
 * @throws DecodeError when the length is no multiple of a leaf's
 */
export function decodeCpuidPolicy(data: Uint8Array): CpuidLeaf[] {
  if (data.length % CPUID_LEAF.size !== 0) {
    throw new DecodeError('CPUID policy', `${data.length} bytes, no multiple of ${CPUID_LEAF.size}`);
  }
  const view = viewOf(data);
  return Array.from({ length: data.length / CPUID_LEAF.size }, (_, i) => CPUID_LEAF.read(view, i * CPUID_LEAF.size));
}

/** The bytes of a CPUID policy. */
export function encodeCpuidPolicy(leaves: readonly CpuidLeaf[]): Uint8Array {
  const data = new Uint8Array(leaves.length * CPUID_LEAF.size);
  for (const [i, leaf] of leaves.entries()) CPUID_LEAF.write(viewOf(data), i * CPUID_LEAF.size, leaf);
  return data;
}

/** What the well-known leaves of a policy say. */
export interface CpuidSummary {
  /** 'AuthenticAMD', 'GenuineIntel' ...; empty without leaf 0. */
  readonly vendor: string;
  /** Brand string of leaves 0x80000002..4, without padding. */
  readonly brand: string;
  /** Display family, model and stepping of leaf 1. */
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** Names of the features that are set, in the order of leaves and bits; 'LEAF:REG.BIT' where a set bit has no name. */
  readonly features: readonly string[];
}

export function summariseCpuid(leaves: readonly CpuidLeaf[]): CpuidSummary {
  const find = (leaf: number, subleaf?: number) =>
    leaves.find((l) => l.leaf === leaf && (subleaf === undefined || l.subleaf === subleaf));
  const first = find(0);
  const brand = [0x80000002, 0x80000003, 0x80000004].map((leaf) => {
    const l = find(leaf);
    return l ? registerText(l.a, l.b, l.c, l.d) : '';
  });
  return {
    vendor: first ? registerText(first.b, first.d, first.c) : '',
    brand: brand.join('').trim(),
    ...signature(find(1)?.a ?? 0),
    features: CPU_FEATURES.flatMap(({ leaf, subleaf, register, names }) => {
      const value = find(leaf, subleaf)?.[register] ?? 0;
      return bitsOf(value).map((bit) => {
        const name = names[bit];
        return name === undefined || name === '-' ? `${leaf.toString(16)}:${register}.${bit}` : name;
      });
    }),
  };
}

/** Family, model and stepping of a processor signature (Intel SDM vol. 2, CPUID leaf 1). */
function signature(eax: number): { family: number; model: number; stepping: number } {
  const base = (eax >>> 8) & 0xf;
  const family = base === 0xf ? base + ((eax >>> 20) & 0xff) : base;
  const extended = base === 0xf || base === 6 ? (eax >>> 12) & 0xf0 : 0;
  return { family, model: extended | ((eax >>> 4) & 0xf), stepping: eax & 0xf };
}

function registerText(...registers: number[]): string {
  const codes = registers.flatMap((r) => [r & 0xff, (r >>> 8) & 0xff, (r >>> 16) & 0xff, r >>> 24]);
  return String.fromCharCode(...codes.filter((code) => code !== 0));
}

function bitsOf(value: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => (value >>> bit) & 1);
}
