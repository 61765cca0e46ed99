import {
  archCapabilityNames,
  CPU_FEATURES,
  CPUID_NO_SUBLEAF,
  type CpuidLeaf,
  decodeCpuidPolicy,
  decodeMsrs,
  encodeCpuidPolicy,
  encodeMsrs,
} from '@xen-migration/stream-format';
import type { CpuPolicy } from '../hypervisor/hypervisor.js';

/** One register of a CPUID leaf, or one MSR, in which two CPU policies differ. */
export interface CpuDifference {
  /** e.g. 'CPUID 0x7.0 ebx', 'MSR ARCH_CAPABILITIES' */
  readonly where: string;
  readonly source: bigint;
  readonly target: bigint;
  /** Features that the source has and the target lacks: a guest that uses one fails there. By name, or 'bit N'. */
  readonly missing: readonly string[];
  /** Features that the target has and the source lacks: they do no harm. */
  readonly added: readonly string[];
}

type Register = 'a' | 'b' | 'c' | 'd';
const REGISTERS: readonly Register[] = ['a', 'b', 'c', 'd'];

/** State components of XSAVE (leaf 0xd), which count as features too: a guest's saved state has them. */
const XCR0 = 'x87 SSE AVX BNDREGS BNDCSR OPMASK ZMM_HI256 HI16_ZMM - PKRU - - - - - - - TILECFG TILEDATA'
  .split(' ')
  .map((name) => (name === '-' ? name : `XCR0.${name}`));

/**
 * What the processor or the toolstack sets by other rules than "the hardware has it": whether the guest enabled something,
 * how its vcpus are arranged, whether it is a guest at all.
 */
const NOT_OF_THE_HARDWARE: ReadonlySet<string> = new Set([
  'OSXSAVE',
  'OSPKE',
  'APIC',
  'X2APIC',
  'HTT',
  'CMP_LEGACY',
  'HYPERVISOR',
  'MONITOR',
]);

const PLATFORM_INFO = 0xce;
const ARCH_CAPABILITIES = 0x10a;
const MSR_BITS: Readonly<Record<number, (value: bigint) => string[]>> = {
  [ARCH_CAPABILITIES]: archCapabilityNames,
  [PLATFORM_INFO]: (value) => (((value >> 31n) & 1n) === 1n ? ['CPUID_FAULTING'] : []),
};

/**
 * AMD's leaf 0x80000001 repeats these bits of leaf 1, and Xen keeps them only there: its guests' policies have them, what
 * it could give at most has not (CPUID_COMMON_1D_FEATURES).
 */
const REPEATED_EDX = 0x0183_f3ff;

/** A register's word, less what stands for something in another leaf. */
function ownBits(leaf: CpuidLeaf, register: Register): number {
  const repeated = leaf.leaf === 0x8000_0001 && register === 'd' ? REPEATED_EDX : 0;
  return (leaf[register] & ~repeated) >>> 0;
}

/**
 * All differences between the CPU that a guest has and the one that a host offers, leaf by leaf. Leaves that neither
 * names as features (caches, topology, signature, brand) show as differences without `missing`.
 *
 * @throws DecodeError for what is no policy
 */
export function compareCpuPolicies(source: CpuPolicy, target: CpuPolicy): CpuDifference[] {
  const theirs = new Map(decodeCpuidPolicy(target.leaves).map((leaf) => [keyOf(leaf), leaf]));
  const differences: CpuDifference[] = [];
  for (const leaf of decodeCpuidPolicy(source.leaves)) {
    for (const register of REGISTERS) {
      const difference = compareWord(leaf, register, theirs.get(keyOf(leaf))?.[register] ?? 0);
      if (difference !== undefined) differences.push(difference);
    }
  }
  return [...differences, ...compareMsrs(source, target)];
}

/** Those of the differences that a guest can't live with, in words: 'CPUID 0x7.0 ebx: AVX2, BMI2'. */
export function missingFeatures(differences: readonly CpuDifference[]): string[] {
  return differences
    .filter(({ missing }) => missing.length > 0)
    .map(({ where, missing }) => `${where}: ${missing.join(', ')}`);
}

/** The source's policy without what the target lacks: what a guest gets that is to come over all the same. */
export function levelledCpuPolicy(source: CpuPolicy, target: CpuPolicy): CpuPolicy {
  const theirs = new Map(decodeCpuidPolicy(target.leaves).map((leaf) => [keyOf(leaf), leaf]));
  const leaves = decodeCpuidPolicy(source.leaves).map((leaf) => {
    const offered = theirs.get(keyOf(leaf));
    const level = (register: Register) =>
      (leaf[register] & ~missingBits(leaf, register, offered?.[register] ?? 0)) >>> 0;
    return { ...leaf, a: level('a'), b: level('b'), c: level('c'), d: level('d') };
  });
  const offeredMsrs = new Map(decodeMsrs(target.msrs).map(({ index, value }) => [index, value]));
  const msrs = decodeMsrs(source.msrs).map(({ index, value }) => ({
    index,
    value: Object.hasOwn(MSR_BITS, index) ? value & (offeredMsrs.get(index) ?? 0n) : value,
  }));
  return { leaves: encodeCpuidPolicy(leaves), msrs: encodeMsrs(msrs) };
}

const keyOf = ({ leaf, subleaf }: Pick<CpuidLeaf, 'leaf' | 'subleaf'>) => `${leaf}.${subleaf}`;

function compareWord(leaf: CpuidLeaf, register: Register, target: number): CpuDifference | undefined {
  const source = leaf[register];
  if (source === target) return undefined;
  const subleaf = leaf.subleaf === CPUID_NO_SUBLEAF ? '' : `.${leaf.subleaf}`;
  const names = featureNames(leaf, register);
  const named = (bits: number) => (names === undefined ? [] : namesOf(bits, names));
  return {
    where: `CPUID 0x${leaf.leaf.toString(16)}${subleaf} e${register}x`,
    source: BigInt(source),
    target: BigInt(target),
    missing: named((ownBits(leaf, register) & ~target) >>> 0),
    added: named((target & ~source) >>> 0),
  };
}

/** Bits of the source's word that are features and that the target lacks. */
function missingBits(leaf: CpuidLeaf, register: Register, target: number): number {
  const names = featureNames(leaf, register);
  if (names === undefined) return 0;
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) {
    const lacks = ((ownBits(leaf, register) & ~target) >>> bit) & 1;
    if (lacks === 1 && !NOT_OF_THE_HARDWARE.has(names[bit] ?? '')) bits |= 1 << bit;
  }
  return bits >>> 0;
}

function featureNames({ leaf, subleaf }: CpuidLeaf, register: Register): readonly string[] | undefined {
  if (leaf === 0xd && subleaf === 0 && register === 'a') return XCR0;
  return CPU_FEATURES.find(
    (word) =>
      word.leaf === leaf && word.register === register && (word.subleaf === undefined || word.subleaf === subleaf),
  )?.names;
}

function namesOf(bits: number, names: readonly string[]): string[] {
  const found: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    if (((bits >>> bit) & 1) === 0) continue;
    const name = names[bit];
    if (name === undefined || name === '-') found.push(`bit ${bit}`);
    else if (!NOT_OF_THE_HARDWARE.has(name)) found.push(name);
  }
  return found;
}

function compareMsrs(source: CpuPolicy, target: CpuPolicy): CpuDifference[] {
  const offered = new Map(decodeMsrs(target.msrs).map(({ index, value }) => [index, value]));
  return decodeMsrs(source.msrs).flatMap(({ index, name, value }) => {
    const theirs = offered.get(index) ?? 0n;
    if (value === theirs) return [];
    const names = MSR_BITS[index] ?? (() => []);
    return [
      {
        where: `MSR ${name ?? `0x${index.toString(16)}`}`,
        source: value,
        target: theirs,
        missing: names(value & ~theirs),
        added: names(theirs & ~value),
      },
    ];
  });
}
