import { CPUID_REGISTERS, type CpuidLeaf, type CpuidPolicies, type MsrPolicy } from '../../config/index.js';
import { parseUlong, toUint32 } from '../c-numbers.js';
import { put, type Writable } from '../translation.js';
import { type CpuidField, cpuidField, FEATURE_MSR, featureMsrBit } from './cpuid-features.js';

const REGISTER_BITS = 32;
const MSR_BITS = 64;
const DEFAULT_BITS = 'x';

/** XEN_CPUID_INPUT_UNUSED: no leaf, and the end of libxl's list. */
const NO_LEAF = 0xffff_ffff;

/** CPUID leaves and MSRs of a guest, put together from flags or lines (libxl_cpuid.c). */
export class PolicyList {
  readonly #leaves: Writable<CpuidLeaf>[] = [];
  readonly #msrs: Writable<MsrPolicy>[] = [];

  get policies(): CpuidPolicies {
    return { cpuid: this.#leaves.map(inOrder), msr: this.#msrs };
  }

  /** `NAME=VALUE`. @returns 0, or the number of stock's error */
  addFlag(text: string): 0 | 1 | 2 | 3 {
    const at = text.indexOf('=');
    if (at < 0) return 1;
    const name = text.slice(0, at);
    const value = text.slice(at + 1);
    const known = cpuidField(name);
    if (known !== undefined) return this.#addField(known, value);
    const bit = featureMsrBit(name);
    return bit === undefined ? 2 : this.#addMsrBit(bit, value);
  }

  // As in stock, the leaf is there even where the value is wrong.
  #addField(field: CpuidField, value: string): 0 | 3 {
    const leaf = this.#leaf(field.leaf, field.subleaf);
    const { value: number, end } = parseUlong(value, 0);
    const bits = end === 0 ? repeated(value, field.length) : binary(number, field.length);
    if (bits === undefined) return 3;
    const before = leaf[field.register] ?? DEFAULT_BITS.repeat(REGISTER_BITS);
    leaf[field.register] = withField(before, field, bits, end === 0 ? 0n : number);
    return 0;
  }

  #addMsrBit(bit: number, value: string): 0 | 3 {
    const msr = this.#msr(FEATURE_MSR);
    if (!/^[01xks]$/.test(value)) return 3;
    msr.policy = overwritten(msr.policy, MSR_BITS - 1 - bit, value === 's' ? 'k' : value);
    return 0;
  }

  /** `LEAF[,SUBLEAF]:eax=BITS,...`. @returns 0, or the number of stock's error */
  addLine(text: string): 0 | 1 | 2 | 3 | 4 | 5 {
    const leaf = parseUlong(text, 0);
    if (leaf.end === 0) return 1;
    let rest = text.slice(leaf.end);
    let subleaf: number | undefined;
    if (rest.startsWith(',')) {
      const parsed = parseUlong(rest.slice(1), 0);
      if (parsed.end === 0) return 2;
      const number = toUint32(parsed.value);
      subleaf = number === NO_LEAF ? undefined : number;
      rest = rest.slice(1 + parsed.end);
    }
    if (!rest.startsWith(':')) return 3;
    return setRegisters(this.#leaf(toUint32(leaf.value), subleaf), rest.slice(1));
  }

  #leaf(leaf: number, subleaf: number | undefined): Writable<CpuidLeaf> {
    const known = this.#leaves.find((entry) => entry.leaf === leaf && entry.subleaf === subleaf);
    if (known !== undefined) return known;
    const added: Writable<CpuidLeaf> = { leaf, ...(subleaf === undefined ? {} : { subleaf }) };
    if (leaf !== NO_LEAF) this.#leaves.push(added);
    return added;
  }

  #msr(index: number): Writable<MsrPolicy> {
    const known = this.#msrs.find((entry) => entry.index === index);
    if (known !== undefined) return known;
    const added = { index, policy: DEFAULT_BITS.repeat(MSR_BITS) };
    this.#msrs.push(added);
    return added;
  }
}

/** The members in the order in which libxl writes them. */
function inOrder({ leaf, subleaf, ...registers }: CpuidLeaf): CpuidLeaf {
  const ordered: Writable<CpuidLeaf> = subleaf === undefined ? { leaf } : { leaf, subleaf };
  for (const register of CPUID_REGISTERS) put(ordered, register, registers[register]);
  return ordered;
}

function setRegisters(leaf: Writable<CpuidLeaf>, text: string): 0 | 4 | 5 {
  for (let rest = text; rest !== ''; ) {
    const register = CPUID_REGISTERS.find((name) => rest.startsWith(name));
    const equals = rest.indexOf('=');
    if (register === undefined || equals < 0) return 4;
    const comma = rest.indexOf(',', equals);
    const bits = rest.slice(equals + 1, comma < 0 ? undefined : comma);
    if (bits.length !== REGISTER_BITS) return 5;
    leaf[register] = bits;
    rest = comma < 0 ? '' : rest.slice(comma + 1).replace(/^[ \n]+/, '');
  }
  return 0;
}

/** x, k or s in every bit. */
const repeated = (value: string, length: number): string | undefined =>
  /^[xks]/.test(value) ? value.charAt(0).repeat(length) : undefined;

const binary = (number: bigint, length: number): string =>
  BigInt.asUintN(length, number).toString(2).padStart(length, '0');

const overwritten = (bits: string, at: number, part: string): string =>
  bits.slice(0, at) + part + bits.slice(at + part.length);

const NIBBLE = 4;
const EXTENDED_FAMILY_BIT = 20;
const EXTENDED_MODEL_BIT = 16;
const FAMILY_LIMIT = 16n;
const FAMILY_BASE = 15n;

function withField(register: string, { name, bit, length }: CpuidField, bits: string, number: bigint): string {
  const put = (into: string, at: number, part: string) => overwritten(into, REGISTER_BITS - part.length - at, part);
  if (name === 'model') {
    return put(put(register, EXTENDED_MODEL_BIT, bits.slice(0, NIBBLE)), bit, bits.slice(NIBBLE));
  }
  if (name !== 'family') return put(register, bit, bits.slice(0, length));
  if (number < FAMILY_LIMIT) return put(put(register, bit, bits.slice(NIBBLE)), EXTENDED_FAMILY_BIT, '00000000');
  // As in stock, the highest bit of the extended family is that of the family.
  const extended = bits.charAt(0) + binary(number - FAMILY_BASE, bits.length - 1);
  return put(put(register, bit, '1111'), EXTENDED_FAMILY_BIT, extended);
}
