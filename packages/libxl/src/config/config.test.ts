import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DomainConfigError, formatDomainConfig, parseDomainConfig } from './index.js';
import { type Json, parseJson } from './json.js';
import { DOMAIN_CONFIG } from './layout.js';
import type { Member, Members } from './schema.js';

const text = fc.string({ unit: 'binary', maxLength: 8 });
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));

/** Any value of a member, as JSON has it. */
function anyValue(member: Member<unknown>): fc.Arbitrary<unknown> {
  switch (member.kind) {
    case 'integer': {
      const { bits, signed } = member;
      const [min, max] = signed
        ? [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n]
        : [0n, (1n << BigInt(bits)) - 1n];
      // Exact numbers only: a number that JSON.parse would round stays a bigint.
      return fc
        .bigInt({ min, max })
        .map((n) => (BigInt(Number(n)) === n && Number.isSafeInteger(Number(n)) ? Number(n) : n));
    }
    case 'boolean':
      return fc.boolean();
    case 'string':
      return text;
    case 'defbool':
      return fc.constantFrom('True', 'False');
    case 'enumeration':
      return fc.constantFrom(...Object.keys(member.values));
    case 'bitmap':
      return fc.uniqueArray(fc.nat(100), { maxLength: 4 }).map((bits) => bits.sort((a, b) => a - b));
    case 'uuid':
      return fc.uuid();
    case 'mac':
      return fc.array(hex(2), { minLength: 6, maxLength: 6 }).map((bytes) => bytes.join(':'));
    case 'string-list':
      return fc.array(text, { maxLength: 3 });
    case 'key-value-list':
      return fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), text, { maxKeys: 2 });
    case 'cpuid-policies':
      return fc.constant({
        cpuid: [{ leaf: 1, subleaf: 0, ebx: 'x'.repeat(32) }],
        msr: [{ index: 266, policy: 'k'.repeat(64) }],
      });
    case 'generation-id':
      return fc.array(fc.nat(255), { minLength: 16, maxLength: 16 });
    case 'array':
      return fc.array(anyValue(member.of), { maxLength: 2 });
    case 'structure':
    case 'alternative':
      return anyStructure(member.members);
  }
}

function anyStructure(members: Members): fc.Arbitrary<Record<string, unknown>> {
  const parts = Object.entries(members).map(([name, member]) => [name, anyValue(member)] as const);
  return fc.record(Object.fromEntries(parts), { requiredKeys: [] });
}

describe('a domain configuration in JSON', () => {
  it('is written, read and written again the same, whatever its members are', () => {
    fc.assert(
      fc.property(anyStructure(DOMAIN_CONFIG), (config) => {
        const written = formatDomainConfig({ c_info: {}, b_info: {}, ...config });
        const read = parseDomainConfig(written);
        expect(formatDomainConfig(read)).toBe(written);
        expect(parseDomainConfig(formatDomainConfig(read))).toEqual(read);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps members that are not known here', () => {
    const read = parseDomainConfig(
      '{"c_info":{"name":"x","new_member":[1,{"a":"b"}]},"b_info":{"type.pv":{}},"more":7}',
    );
    const written = JSON.parse(formatDomainConfig(read));
    expect(written.c_info.new_member).toEqual([1, { a: 'b' }]);
    expect(written.more).toBe(7);
  });

  it('keeps integers of 64 bits exact', () => {
    const read = parseDomainConfig('{"b_info":{"max_memkb":18446744073709551614,"type.pv":{}}}');
    expect(read.b_info.max_memkb).toBe(18446744073709551614n);
    expect(formatDomainConfig(read)).toContain('"max_memkb": 18446744073709551614');
  });

  it.each([
    ['{"c_info":{"type":"vm"}}', 'UNKNOWN_NAME', 'domain configuration.c_info.type'],
    ['{"b_info":{"max_vcpus":"2"}}', 'WRONG_TYPE', 'domain configuration.b_info.max_vcpus'],
    ['{"b_info":{"irqs":[1,-1]}}', 'OUT_OF_RANGE', 'domain configuration.b_info.irqs[1]'],
    ['{"disks":{}}', 'WRONG_TYPE', 'domain configuration.disks'],
    ['{"c_info":{}', 'NOT_JSON', 12],
    [`${'['.repeat(100)}`, 'TOO_DEEP', 65],
  ])('%s is refused as %s at %s', (json, code, at) => {
    try {
      parseDomainConfig(json);
    } catch (e) {
      expect(e).toBeInstanceOf(DomainConfigError);
      expect(e).toMatchObject({ code, at });
      return;
    }
    throw new Error('taken');
  });

  it('takes any text: a configuration or an error with its place', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"c_info"',
      '"type"',
      '"pv"',
      '1',
      '-',
      'null',
      'true',
      ' ',
      '"',
    );
    const any = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((parts) => parts.join('')),
      fc.json(),
    );
    fc.assert(
      fc.property(any, (json) => {
        try {
          parseDomainConfig(json);
        } catch (e) {
          if (!(e instanceof DomainConfigError)) throw e;
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is parsed as JSON.parse does, where that is exact', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(rounded(parseJson(json))).toEqual(JSON.parse(json));
      }),
    );
  });
});

/** As JSON.parse has large integers. */
function rounded(json: Json): unknown {
  if (typeof json === 'bigint') return Number(json);
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(rounded);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, rounded(value)]));
}

const STREAMS = new URL('../../../../../shared/streams/', import.meta.url);
const saved = ['xen-4.17-hvm.save.gz', 'xen-4.17-pv64.save.gz', 'xen-4.17-pv32.save.gz'];

describe('what stock wrote into its save files', () => {
  it.skipIf(!existsSync(STREAMS)).each(saved)('%s (shared/streams)', (file) => {
    const bytes = gunzipSync(readFileSync(new URL(file, STREAMS)));
    // xl's header: 32 bytes of magic, four words, then the configuration's length and the configuration with its NUL.
    const header = bytes.subarray(32);
    expect(header.readUInt32LE(12)).toBe(header.readUInt32LE(16) + 4);
    const json = header.subarray(20, 20 + header.readUInt32LE(16) - 1).toString();
    expect(formatDomainConfig(parseDomainConfig(json))).toBe(json);
  });
});
