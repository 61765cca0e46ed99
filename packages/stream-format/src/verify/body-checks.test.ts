import { describe, expect, it } from 'vitest';
import { checkHvmContext, checkVcpuSize, checkXenstoreData } from './body-checks.js';

/** Save records of these types and lengths; not at the start of their memory, as bodies come as views of a buffer. */
function context(records: readonly [type: number, length: number][], littleEndian = true): Uint8Array {
  const size = records.reduce((sum, [, length]) => sum + 8 + length, 0);
  const memory = new Uint8Array(8 + size).fill(0xee);
  const view = new DataView(memory.buffer, 8);
  let at = 0;
  for (const [type, length] of records) {
    view.setUint16(at, type, littleEndian);
    view.setUint32(at + 4, length, littleEndian);
    at += 8 + length;
  }
  return memory.subarray(8);
}

describe('the save records of an HVM context', () => {
  const rule = 'hvm-context';

  it.each([true, false])('end with END, which is the last (little-endian: %s)', (little) => {
    const records: [number, number][] = [
      [1, 16],
      [2, 0],
      [0x100, 5],
      [0, 0],
    ];
    expect(checkHvmContext(context(records, little), little)).toBeUndefined();
    expect(checkHvmContext(context([[0, 24]], little), little)).toBeUndefined();
  });

  it('may not be without END: the fault is where the next would stand', () => {
    const message = 'the chain of save records has no END';
    expect(checkHvmContext(new Uint8Array(0), true)).toEqual({ rule, message, at: 0 });
    expect(checkHvmContext(context([[1, 16]]), true)).toEqual({ rule, message, at: 24 });
    // What is left has no room for the head of another.
    expect(checkHvmContext(context([[1, 16]]).subarray(0, -16), true)).toMatchObject({ at: 0 });
    const rest = new Uint8Array(24 + 7);
    rest.set(context([[1, 16]]));
    expect(checkHvmContext(rest, true)).toEqual({ rule, message, at: 24 });
  });

  it('may not reach beyond the end', () => {
    const whole = context([
      [1, 16],
      [7, 30],
    ]);
    expect(checkHvmContext(whole.subarray(0, -1), true)).toEqual({
      rule,
      message: 'save record of type 7 and 30 bytes reaches beyond the end',
      at: 24,
    });
  });

  it('may not be followed by bytes', () => {
    const whole = context([
      [1, 16],
      [0, 4],
      [2, 8],
    ]);
    expect(checkHvmContext(whole, true)).toEqual({ rule, message: '16 bytes after the END save record', at: 24 });
  });
});

describe('sizes of the vcpu records', () => {
  it('BASIC: that of the guest width, once it is known', () => {
    const name = 'X86_PV_VCPU_BASIC';
    expect(checkVcpuSize(name, 2800, 4)).toBeUndefined();
    expect(checkVcpuSize(name, 5168, 8)).toBeUndefined();
    expect(checkVcpuSize(name, 1, undefined)).toBeUndefined();
    expect(checkVcpuSize(name, 5168, 4)).toBe('context of 5168 bytes, must be 2800 for a guest of this width');
    expect(checkVcpuSize(name, 2800, 8)).toBe('context of 2800 bytes, must be 5168 for a guest of this width');
  });

  it('EXTENDED: whole words, 128 bytes at most', () => {
    const name = 'X86_PV_VCPU_EXTENDED';
    for (const size of [8, 64, 128]) expect(checkVcpuSize(name, size, 8)).toBeUndefined();
    for (const size of [4, 127, 129, 136]) {
      expect(checkVcpuSize(name, size, 8)).toBe(`extended context of ${size} bytes, at most 128 are possible`);
    }
  });

  it('XSAVE: 16 bytes and whole words', () => {
    const name = 'X86_PV_VCPU_XSAVE';
    for (const size of [16, 24, 592]) expect(checkVcpuSize(name, size, 8)).toBeUndefined();
    for (const size of [8, 15, 20]) {
      expect(checkVcpuSize(name, size, 8)).toBe(`xsave state of ${size} bytes, must be 16 and a multiple of 8 more`);
    }
  });

  it('MSRS: entries of 16 bytes', () => {
    expect(checkVcpuSize('X86_PV_VCPU_MSRS', 32, 8)).toBeUndefined();
    expect(checkVcpuSize('X86_PV_VCPU_MSRS', 24, 8)).toBe('MSRs of 24 bytes, must be a multiple of 16');
  });
});

describe('xenstore data of an emulator', () => {
  const check = (text: string) => checkXenstoreData(new TextEncoder().encode(text));

  it('are pairs of keys and values; a value may be empty', () => {
    expect(check('')).toBeUndefined();
    expect(check('a\0b\0')).toBeUndefined();
    expect(check('a\0\0b\0c\0')).toBeUndefined();
  });

  it('what else they are is said', () => {
    expect(check('a\0b')).toBe('the data do not end with a NUL');
    expect(check('\0b\0')).toBe('the key of pair 0 is empty');
    expect(check('a\0b\0\0c\0')).toBe('the key of pair 1 is empty');
    expect(check('a\0b\0c\0')).toBe('3 strings are no pairs of keys and values');
  });
});
