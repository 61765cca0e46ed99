import { encodeCpuidPolicy, encodeMsrs } from '@xen-migration/stream-format';
import { expect, test } from 'vitest';
import { HostCpu } from '../embedded/domains/cpu-policy.js';
import { compareCpuPolicies, levelledCpuPolicy, missingFeatures } from './cpu-policy.js';

const NONE = 0xffff_ffff;
const policy = (leaves: Parameters<typeof encodeCpuidPolicy>[0], capabilities = 0n) => ({
  leaves: encodeCpuidPolicy(leaves),
  msrs: encodeMsrs([{ index: 0x10a, value: capabilities }]),
});
const leaf = (leaf: number, subleaf: number, words: Partial<Record<'a' | 'b' | 'c' | 'd', number>>) => ({
  leaf,
  subleaf,
  ...{ a: 0, b: 0, c: 0, d: 0, ...words },
});

const source = policy(
  [leaf(1, NONE, { a: 0x306e4, c: (1 << 27) | (1 << 28), d: 1 }), leaf(7, 0, { b: 0b10_1001 }), leaf(0xd, 0, { a: 7 })],
  0b11n,
);
const target = policy([leaf(1, NONE, { a: 0x806e4, d: 3 }), leaf(7, 0, { b: 0b1001 }), leaf(0xd, 0, { a: 3 })], 0b1n);

test('every difference is told with the names of what is missing and of what is new', () => {
  expect(compareCpuPolicies(source, target)).toEqual([
    { where: 'CPUID 0x1 eax', source: 0x306e4n, target: 0x806e4n, missing: [], added: [] },
    // OSXSAVE says what the guest's kernel did, not what the hardware is.
    { where: 'CPUID 0x1 ecx', source: 0x1800_0000n, target: 0n, missing: ['AVX'], added: [] },
    { where: 'CPUID 0x1 edx', source: 1n, target: 3n, missing: [], added: ['VME'] },
    { where: 'CPUID 0x7.0 ebx', source: 0b10_1001n, target: 0b1001n, missing: ['AVX2'], added: [] },
    { where: 'CPUID 0xd.0 eax', source: 7n, target: 3n, missing: ['XCR0.AVX'], added: [] },
    { where: 'MSR ARCH_CAPABILITIES', source: 3n, target: 1n, missing: ['EIBRS'], added: [] },
  ]);
  expect(missingFeatures(compareCpuPolicies(source, target))).toEqual([
    'CPUID 0x1 ecx: AVX',
    'CPUID 0x7.0 ebx: AVX2',
    'CPUID 0xd.0 eax: XCR0.AVX',
    'MSR ARCH_CAPABILITIES: EIBRS',
  ]);
});

test('a leaf that the target does not have lacks everything; a policy fits itself', () => {
  const without = policy([leaf(1, NONE, {})]);
  expect(missingFeatures(compareCpuPolicies(source, without))).toContain('CPUID 0x7.0 ebx: FSGSBASE, BMI1, AVX2');
  expect(compareCpuPolicies(new HostCpu().policy(), new HostCpu().policy())).toEqual([]);
});

test('levelled, a policy has what both have, and all that is no feature as it was', () => {
  const levelled = levelledCpuPolicy(source, target);
  expect(missingFeatures(compareCpuPolicies(levelled, target))).toEqual([]);
  expect(levelled).toEqual(
    policy([leaf(1, NONE, { a: 0x306e4, c: 1 << 27, d: 1 }), leaf(7, 0, { b: 0b1001 }), leaf(0xd, 0, { a: 3 })], 1n),
  );
});
