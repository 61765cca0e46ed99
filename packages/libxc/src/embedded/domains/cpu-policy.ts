import { CPU_FEATURES } from '@xen-migration/stream-format';
import type { CpuPolicy } from '../../hypervisor/hypervisor.js';

/**
 * What the embedded host's CPU can do, as Xen serialises it: 24-byte leaves {leaf, subleaf, a, b, c, d} and 16-byte MSR
 * entries {index, flags, value}. An invented CPU, rich enough that guests of common x86-64 hosts fit on it.
 */
const NO_SUBLEAF = 0xffff_ffff;

type Leaf = readonly [leaf: number, subleaf: number, a: number, b: number, c: number, d: number];

const MAX_BASIC = 0xd;
const MAX_EXTENDED = 0x8000_0021;

const FILLED: readonly Leaf[] = [
  [0x0, NO_SUBLEAF, MAX_BASIC, 0x6874_7541, 0x444d_4163, 0x6974_6e65],
  [0x1, NO_SUBLEAF, 0x00a2_0f12, 0x0002_0800, 0xfefa_3203, 0x1fcb_fbff],
  [0x7, 0, 0, 0x219c_97a9, 0x0040_0684, 0x0000_0010],
  [0xd, 0, 0x207, 0, 0x988, 0],
  [0xd, 1, 0xf, 0, 0, 0],
  [0xd, 2, 0x100, 0x240, 0, 0],
  [0x8000_0000, NO_SUBLEAF, MAX_EXTENDED, 0x6874_7541, 0x444d_4163, 0x6974_6e65],
  [0x8000_0001, NO_SUBLEAF, 0x00a2_0f12, 0, 0x75c2_37ff, 0xefd3_fbff],
  // "Embedded Xen virtual CPU"
  [0x8000_0002, NO_SUBLEAF, 0x6562_6d45, 0x6465_6464, 0x6e65_5820, 0x7269_7620],
  [0x8000_0003, NO_SUBLEAF, 0x6c61_7574, 0x5550_4320, 0, 0],
  [0x8000_0005, NO_SUBLEAF, 0xff40_ff40, 0xff40_ff40, 0x2008_0140, 0x2008_0140],
  [0x8000_0006, NO_SUBLEAF, 0x4800_6400, 0x6800_6400, 0x0200_6140, 0x0020_9140],
  [0x8000_0007, NO_SUBLEAF, 0, 0, 0, 0x100],
  [0x8000_0008, NO_SUBLEAF, 0x0000_3030, 0x111e_f257, 0x0000_400f, 0],
  [0x8000_0021, NO_SUBLEAF, 0x45, 0, 0, 0],
];

const PLATFORM_INFO = 0xce;
const ARCH_CAPABILITIES = 0x10a;
/** PLATFORM_INFO: CPUID faulting. */
const CPUID_FAULTING = 0x8000_0000n;

/** Leaves whose registers are sets of features, and the registers: 0 a, 1 b, 2 c, 3 d. */
const FEATURES: readonly [leaf: number, subleaf: number, register: number][] = [
  [0x1, NO_SUBLEAF, 2],
  [0x1, NO_SUBLEAF, 3],
  [0x7, 0, 1],
  [0x7, 0, 2],
  [0x7, 0, 3],
  [0xd, 0, 0],
  [0xd, 1, 0],
  [0x8000_0001, NO_SUBLEAF, 2],
  [0x8000_0001, NO_SUBLEAF, 3],
  [0x8000_0007, NO_SUBLEAF, 3],
  [0x8000_0008, NO_SUBLEAF, 1],
  [0x8000_0021, NO_SUBLEAF, 0],
];
const REGISTER_NAMES = ['eax', 'ebx', 'ecx', 'edx'];

/** Leaves that hold the highest leaf of their range, in eax. */
const LIMITS: readonly number[] = [0x0, 0x8000_0000];

function hostLeaves(): Leaf[] {
  const leaves: Leaf[] = [];
  const filled = (leaf: number, subleaf: number): Leaf =>
    FILLED.find(([l, s]) => l === leaf && s === subleaf) ?? [leaf, subleaf, 0, 0, 0, 0];
  for (let leaf = 0; leaf <= MAX_BASIC; leaf++) {
    // Cache, feature, topology and state leaves have subleaves.
    if (leaf === 0x4 || leaf === 0x7 || leaf === 0xb) leaves.push(filled(leaf, 0));
    else if (leaf === 0xd) for (let subleaf = 0; subleaf < 3; subleaf++) leaves.push(filled(leaf, subleaf));
    else leaves.push(filled(leaf, NO_SUBLEAF));
  }
  leaves.push(filled(0x4000_0000, NO_SUBLEAF), filled(0x4000_0100, NO_SUBLEAF));
  for (let leaf = 0x8000_0000; leaf <= MAX_EXTENDED; leaf++) leaves.push(filled(leaf, NO_SUBLEAF));
  return leaves;
}

const LEAVES = hostLeaves();
const LEAF_SIZE = 24;
const MSR_SIZE = 16;

/** Signature (CPUID 1, eax) of the host's CPU. */
export const HOST_SIGNATURE = 0x00a2_0f12;

/** What one host's CPU can do. */
export class HostCpu {
  private readonly leaves: readonly Leaf[];

  /** @param without features that it lacks, by their names. @throws RangeError for an unknown one */
  constructor(without: readonly string[] = []) {
    this.leaves = LEAVES.map((leaf) => withoutFeatures(leaf, without));
    const unknown = without.find((name) => !CPU_FEATURES.some(({ names }) => names.includes(name)));
    if (unknown !== undefined) throw new RangeError(`no CPU feature is called '${unknown}'`);
  }

  policy(): CpuPolicy {
    const words = new Uint32Array(this.leaves.flat());
    const msrs = new Uint8Array(2 * MSR_SIZE);
    const view = new DataView(msrs.buffer);
    view.setUint32(0, PLATFORM_INFO, true);
    view.setBigUint64(8, CPUID_FAULTING, true);
    view.setUint32(MSR_SIZE, ARCH_CAPABILITIES, true);
    return { leaves: new Uint8Array(words.buffer), msrs };
  }

  /** Why a guest can't have that policy: a leaf, feature or MSR bit that this CPU lacks; undefined when it can. */
  audit(policy: CpuPolicy): string | undefined {
    if (policy.leaves.length % LEAF_SIZE !== 0) return `${policy.leaves.length} bytes are no CPUID leaves`;
    if (policy.msrs.length % MSR_SIZE !== 0) return `${policy.msrs.length} bytes are no MSR entries`;
    return auditLeaves(this.leaves, policy.leaves) ?? auditMsrs(policy.msrs);
  }
}

function withoutFeatures([number, sub, ...values]: Leaf, without: readonly string[]): Leaf {
  for (const { leaf, subleaf, register, names } of CPU_FEATURES) {
    if (leaf !== number || (subleaf ?? NO_SUBLEAF) !== sub) continue;
    names.forEach((name, bit) => {
      if (without.includes(name)) values['abcd'.indexOf(register)]! &= ~(1 << bit);
    });
  }
  const [a, b, c, d] = values;
  return [number, sub, a >>> 0, b >>> 0, c >>> 0, d >>> 0];
}

function auditLeaves(known: readonly Leaf[], leaves: Uint8Array): string | undefined {
  const view = new DataView(leaves.buffer, leaves.byteOffset, leaves.byteLength);
  for (let at = 0; at < leaves.length; at += LEAF_SIZE) {
    const leaf = view.getUint32(at, true);
    const subleaf = view.getUint32(at + 4, true);
    const name = `CPUID leaf 0x${leaf.toString(16)}${subleaf === NO_SUBLEAF ? '' : `.${subleaf}`}`;
    const values = [0, 1, 2, 3].map((register) => view.getUint32(at + 8 + register * 4, true));
    const host = known.find(([l, s]) => l === leaf && s === subleaf);
    if (host === undefined) {
      if (values.some((value) => value !== 0)) return `${name}: not on this host`;
      continue;
    }
    if (LIMITS.includes(leaf) && values[0]! > host[2]) {
      return `${name}: highest leaf 0x${values[0]!.toString(16)}, this host's is 0x${host[2].toString(16)}`;
    }
    for (const [l, s, register] of FEATURES) {
      if (l !== leaf || s !== subleaf) continue;
      const lacking = (values[register]! & ~host[2 + register]!) >>> 0;
      if (lacking !== 0)
        return `${name}: ${REGISTER_NAMES[register]} bits 0x${lacking.toString(16)} are not on this host`;
    }
  }
  return undefined;
}

function auditMsrs(msrs: Uint8Array): string | undefined {
  const view = new DataView(msrs.buffer, msrs.byteOffset, msrs.byteLength);
  for (let at = 0; at < msrs.length; at += MSR_SIZE) {
    const index = view.getUint32(at, true);
    const flags = view.getUint32(at + 4, true);
    const value = view.getBigUint64(at + 8, true);
    const name = `MSR 0x${index.toString(16)}`;
    if (flags !== 0) return `${name}: flags 0x${flags.toString(16)} are not known`;
    if (index === PLATFORM_INFO && (value & ~CPUID_FAULTING) === 0n) continue;
    if (index === ARCH_CAPABILITIES && value === 0n) continue;
    return `${name}: value 0x${value.toString(16)} is not possible on this host`;
  }
  return undefined;
}
