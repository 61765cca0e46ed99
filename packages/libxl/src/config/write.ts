import { formatJson, type Json, type JsonObject } from './json.js';
import { DOMAIN_CONFIG, type LibxlDomainConfig } from './layout.js';
import type { Member, Members } from './schema.js';

/**
 * The configuration as libxl's JSON, byte for byte as libxl 4.17 writes it: members in libxl's order, without those that
 * have their default, structures always. Members that this package does not know follow the known ones.
 */
export function formatDomainConfig(config: LibxlDomainConfig): string {
  return formatJson(writeStructure(DOMAIN_CONFIG, { ...config, b_info: withGuestType(config) }));
}

// The guest type is told by which of type.pv, type.hvm, type.pvh is there; a configuration made by hand may have none.
function withGuestType({ c_info, b_info }: LibxlDomainConfig): LibxlDomainConfig['b_info'] {
  if (GUEST_TYPES.some((name) => b_info[name] !== undefined)) return b_info;
  return { ...b_info, [`type.${c_info.type ?? 'invalid'}`]: {} };
}

const GUEST_TYPES = ['type.hvm', 'type.pv', 'type.pvh', 'type.invalid'] as const;

function writeStructure(members: Members, value: object): JsonObject {
  const values = new Map<string, unknown>(Object.entries(value));
  const written: [string, Json][] = [];
  for (const [name, member] of Object.entries(members)) {
    const json = writeMember(member, values.get(name));
    if (json !== undefined && !isDefault(member, json)) written.push([name, json]);
    values.delete(name);
  }
  for (const [name, unknown] of values) {
    if (isJson(unknown)) written.push([name, unknown]);
  }
  return Object.fromEntries(written);
}

function writeMember(member: Member<unknown>, value: unknown): Json | undefined {
  if (member.kind === 'structure') return writeStructure(member.members, isRecord(value) ? value : {});
  if (member.kind === 'alternative') return isRecord(value) ? writeStructure(member.members, value) : undefined;
  if (member.kind === 'array')
    return Array.isArray(value) ? value.map((item) => writeMember(member.of, item) ?? null) : undefined;
  return isJson(value) ? value : undefined;
}

const NIL_UUID = '00000000-0000-0000-0000-000000000000';
const NIL_MAC = '00:00:00:00:00:00';

// What libxl leaves out: get_default_expr of its gentypes.py and the types' check_default_fn.
function isDefault(member: Member<unknown>, json: Json): boolean {
  switch (member.kind) {
    case 'integer':
      return (typeof json === 'number' || typeof json === 'bigint') && BigInt(json) === member.initial;
    case 'boolean':
      return json === false;
    case 'enumeration':
      return json === member.initial;
    case 'uuid':
      return json === NIL_UUID;
    case 'mac':
      return json === NIL_MAC;
    case 'bitmap':
    case 'string-list':
    case 'array':
      return isEmpty(json);
    case 'generation-id':
      return Array.isArray(json) && json.every((byte) => byte === 0);
    case 'key-value-list':
      return isRecord(json) && isEmpty(Object.keys(json));
    case 'cpuid-policies':
      return isRecord(json) && Object.values(json).every(isEmpty);
    case 'string':
    case 'defbool':
    case 'structure':
    case 'alternative':
      return false;
  }
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isJson(value: unknown): value is Json {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}
