import { CPUID_REGISTERS, type CpuidLeaf, type CpuidPolicies, type MsrPolicy } from './cpuid-policy.js';
import { type Enumeration, enumFromName } from './enums.js';
import { DomainConfigError, type Json, type JsonObject, parseJson } from './json.js';
import { DOMAIN_CONFIG, type LibxlDomainConfig } from './layout.js';
import type { Member, Members } from './schema.js';

/**
 * A domain configuration from libxl's JSON, as it stands in an xl save file or in a domain's userdata.
 *
 * @throws DomainConfigError NOT_JSON, TOO_DEEP, WRONG_TYPE, OUT_OF_RANGE, UNKNOWN_NAME: with the offset or the member's path
 */
export function parseDomainConfig(text: string): LibxlDomainConfig {
  const json = parseJson(text);
  const config = readStructure(DOMAIN_CONFIG, json, 'domain configuration');
  return { ...config, c_info: objectAt(config, 'c_info'), b_info: objectAt(config, 'b_info') };
}

const objectAt = (config: JsonObject, name: string): JsonObject => {
  const value = config[name];
  return isObject(value) ? value : {};
};

type Read = (member: Member<unknown>, json: Json, path: string) => Json | undefined;

// What has been read is JSON again, of known form: the typed configuration has JSON's shape.
function readStructure(members: Members, json: Json, path: string): JsonObject {
  if (!isObject(json)) throw wrongType(path, 'an object', json);
  const read: [string, Json][] = [];
  for (const [name, value] of Object.entries(json)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    const kept = member === undefined ? value : readMember(member, value, `${path}.${name}`);
    if (kept !== undefined) read.push([name, kept]);
  }
  return Object.fromEntries(read);
}

const readMember: Read = (member, json, path) => {
  switch (member.kind) {
    case 'integer':
      return readInteger(member.bits, member.signed, json, path);
    case 'boolean':
      if (typeof json !== 'boolean') throw wrongType(path, 'true or false', json);
      return json;
    case 'string':
      return json === null ? undefined : readString(json, path);
    case 'defbool':
      return readDefbool(json, path);
    case 'enumeration':
      if (json === null) return member.nullable ? null : undefined;
      return readEnumeration(member.values, json, path);
    case 'bitmap':
    case 'generation-id':
      return readArray(json, path, (item, at) => readInteger(32, false, item, at));
    case 'uuid':
      return readPattern(UUID, 'a UUID', json, path);
    case 'mac':
      return readPattern(MAC, 'a MAC address', json, path);
    case 'string-list':
      return readArray(json, path, readString);
    case 'key-value-list':
      return readKeyValues(json, path);
    case 'cpuid-policies':
      return readCpuidPolicies(json, path);
    case 'array':
      return readArray(json, path, (item, at) => readMember(member.of, item, at) ?? null);
    case 'structure':
    case 'alternative':
      return readStructure(member.members, json, path);
  }
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;
// What the characters are is looked at where a domain is made, as in stock.
const CPUID_BITS = /^.{32}$/s;
const MSR_BITS = /^.{64}$/s;

function readInteger(bits: number, signed: boolean, json: Json, path: string): number | bigint {
  if (typeof json !== 'bigint' && !(typeof json === 'number' && Number.isInteger(json))) {
    throw wrongType(path, 'an integer', json);
  }
  const exact = BigInt(json);
  const fits = signed ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact);
  if (fits !== exact) {
    throw new DomainConfigError(
      'OUT_OF_RANGE',
      path,
      `${json} is no ${signed ? '' : 'unsigned '}integer of ${bits} bits`,
    );
  }
  return json;
}

function readString(json: Json, path: string): string {
  if (typeof json !== 'string') throw wrongType(path, 'a string', json);
  return json;
}

function readDefbool(json: Json, path: string): Json | undefined {
  return json === '<default>' ? undefined : readName(['True', 'False'], json, path);
}

function readName(names: readonly string[], json: Json, path: string): string {
  const text = readString(json, path);
  if (names.includes(text)) return text;
  throw new DomainConfigError('UNKNOWN_NAME', path, `'${text}' is none of ${names.join(', ')}`);
}

// libxl takes the name in upper case, too.
function readEnumeration(values: Enumeration, json: Json, path: string): string {
  const name = enumFromName(values, readString(json, path));
  return name ?? readName(Object.keys(values), json, path);
}

function readPattern(pattern: RegExp, what: string, json: Json, path: string): string {
  const text = readString(json, path);
  if (!pattern.test(text)) throw new DomainConfigError('UNKNOWN_NAME', path, `'${text}' is not ${what}`);
  return text;
}

function readArray(json: Json, path: string, item: (value: Json, path: string) => Json): readonly Json[] {
  if (!Array.isArray(json)) throw wrongType(path, 'an array', json);
  return json.map((value: Json, index) => item(value, `${path}[${index}]`));
}

function readKeyValues(json: Json, path: string): JsonObject {
  if (!isObject(json)) throw wrongType(path, 'an object', json);
  for (const [name, value] of Object.entries(json)) {
    if (value !== null) readString(value, `${path}.${name}`);
  }
  return json;
}

// Until Xen 4.17 had MSRs in it, the list was only the array of CPUID leaves.
function readCpuidPolicies(json: Json, path: string): JsonObject {
  if (Array.isArray(json))
    return policiesAsJson({ cpuid: json.map((leaf: Json, i) => readLeaf(leaf, `${path}[${i}]`)), msr: [] });
  if (!isObject(json)) throw wrongType(path, 'an object', json);
  const leaves = readArray(json.cpuid ?? [], `${path}.cpuid`, (leaf) => leaf);
  const msrs = readArray(json.msr ?? [], `${path}.msr`, (msr) => msr);
  return policiesAsJson({
    cpuid: leaves.map((leaf, i) => readLeaf(leaf, `${path}.cpuid[${i}]`)),
    msr: msrs.map((msr, i) => readMsr(msr, `${path}.msr[${i}]`)),
  });
}

const policiesAsJson = ({ cpuid, msr }: CpuidPolicies): JsonObject => ({
  cpuid: cpuid.map((leaf) => ({ ...leaf })),
  msr: msr.map((policy) => ({ ...policy })),
});

function readLeaf(json: Json, path: string): CpuidLeaf {
  if (!isObject(json)) throw wrongType(path, 'an object', json);
  const registers = CPUID_REGISTERS.filter((register) => json[register] !== undefined).map((register) => [
    register,
    readPattern(CPUID_BITS, '32 characters', json[register] ?? null, `${path}.${register}`),
  ]);
  return {
    leaf: readUint32(json.leaf ?? null, `${path}.leaf`),
    ...(json.subleaf === undefined ? {} : { subleaf: readUint32(json.subleaf, `${path}.subleaf`) }),
    ...Object.fromEntries(registers),
  };
}

function readMsr(json: Json, path: string): MsrPolicy {
  if (!isObject(json)) throw wrongType(path, 'an object', json);
  return {
    index: readUint32(json.index ?? null, `${path}.index`),
    policy: readPattern(MSR_BITS, '64 characters', json.policy ?? null, `${path}.policy`),
  };
}

const readUint32 = (json: Json, path: string): number => Number(readInteger(32, false, json, path));

function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function wrongType(path: string, wanted: string, json: Json): DomainConfigError {
  const found = json === null ? 'null' : Array.isArray(json) ? 'an array' : typeof json;
  return new DomainConfigError('WRONG_TYPE', path, `${wanted} expected, found ${found}`);
}
