import type { CpuPolicy } from '@xen-migration/libxc';
import { type CpuidLeaf, decodeCpuidPolicy, encodeCpuidPolicy } from '@xen-migration/stream-format';

/** Where the words of `xl info`'s hw_caps come from: Xen's feature words, in their order (public/arch-x86/cpufeatureset.h). */
const WORDS: readonly { leaf: number; subleaf?: number; register: 'a' | 'b' | 'c' | 'd' }[] = [
  { leaf: 0x1, register: 'd' },
  { leaf: 0x1, register: 'c' },
  { leaf: 0x8000_0001, register: 'd' },
  { leaf: 0x8000_0001, register: 'c' },
  { leaf: 0xd, subleaf: 1, register: 'a' },
  { leaf: 0x7, subleaf: 0, register: 'b' },
  { leaf: 0x7, subleaf: 0, register: 'c' },
  { leaf: 0x8000_0007, register: 'd' },
];

/** A policy as it would be on processors with these capabilities, as far as the words tell; the rest is as it was. */
export function withCapabilities(policy: CpuPolicy, words: readonly number[]): CpuPolicy {
  const leaves = decodeCpuidPolicy(policy.leaves).map((leaf) => ({ ...leaf, ...registersOf(leaf, words) }));
  return { leaves: encodeCpuidPolicy(leaves), msrs: policy.msrs };
}

function registersOf({ leaf, subleaf }: CpuidLeaf, words: readonly number[]): Partial<CpuidLeaf> {
  const told = WORDS.flatMap((word, i) => {
    const value = words[i];
    const here = word.leaf === leaf && (word.subleaf === undefined || word.subleaf === subleaf);
    return here && value !== undefined ? [[word.register, value]] : [];
  });
  return Object.fromEntries(told) as Partial<CpuidLeaf>;
}
