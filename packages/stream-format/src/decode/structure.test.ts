import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CPUID_LEAF } from './cpuid-policy.js';
import { DecodeError } from './decode-error.js';
import { FXSAVE } from './fpu-state.js';
import { HVM_SAVE_TYPES } from './hvm-context-records.js';
import { SHARED_INFO_32, SHARED_INFO_64 } from './shared-info.js';
import { START_INFO_32, START_INFO_64 } from './start-info.js';
import { decodeExactly, encode, type Field } from './structure.js';
import { VCPU_CONTEXT_32, VCPU_CONTEXT_64 } from './vcpu-context.js';
import { EXT_VCPUCONTEXT } from './vcpu-extended.js';
import { USER_REGS_32, USER_REGS_64 } from './vcpu-registers.js';

const hvm = Object.fromEntries(Object.entries(HVM_SAVE_TYPES).map(([type, { layout }]) => [type, layout]));
const STRUCTURES: Record<string, Field<unknown>> = {
  FXSAVE,
  CPUID_LEAF,
  SHARED_INFO_32,
  SHARED_INFO_64,
  START_INFO_32,
  START_INFO_64,
  VCPU_CONTEXT_32,
  VCPU_CONTEXT_64,
  EXT_VCPUCONTEXT,
  USER_REGS_32,
  USER_REGS_64,
  ...hvm,
};

describe('the declared structures', () => {
  it('have the sizes of the C structures', () => {
    expect(Object.fromEntries(Object.entries(STRUCTURES).map(([name, { size }]) => [name, size]))).toEqual({
      FXSAVE: 512,
      CPUID_LEAF: 24,
      SHARED_INFO_32: 2344,
      SHARED_INFO_64: 3136,
      START_INFO_32: 1112,
      START_INFO_64: 1168,
      VCPU_CONTEXT_32: 2800,
      VCPU_CONTEXT_64: 5168,
      EXT_VCPUCONTEXT: 64,
      USER_REGS_32: 68,
      USER_REGS_64: 200,
      HEADER: 24,
      CPU: 1032,
      PIC: 8,
      IOAPIC: 400,
      LAPIC: 32,
      LAPIC_REGS: 1024,
      PCI_IRQ: 16,
      ISA_IRQ: 8,
      PCI_LINK: 8,
      PIT: 56,
      RTC: 24,
      HPET: 1048,
      PMTIMER: 8,
      MTRR: 240,
      VIRIDIAN_DOMAIN: 32,
      VIRIDIAN_VCPU: 216,
      VMCE_VCPU: 32,
      TSC_ADJUST: 8,
    });
  });

  it.each(Object.entries(STRUCTURES))('%s: any value that is read is written back and read alike', (name, field) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: field.size, maxLength: field.size }), (data) => {
        const value = decodeExactly(field, data, name);
        const written = encode(field, value);
        expect(decodeExactly(field, written, name)).toEqual(value);
        // Padding and what follows a NUL in text are zeroed, and no byte else.
        for (const [i, byte] of written.entries()) expect(byte === data[i] || byte === 0).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it.each(Object.entries(STRUCTURES))('%s: another length is an error', (name, field) => {
    expect(() => decodeExactly(field, new Uint8Array(field.size - 1), name)).toThrow(DecodeError);
    expect(() => decodeExactly(field, new Uint8Array(field.size + 1), name)).toThrow(DecodeError);
  });
});
