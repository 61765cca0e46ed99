import fc from 'fast-check';
import { expect, test } from 'vitest';
import { INVALID_FRAME } from '../hypervisor/frames.js';
import { foldCr3, unfoldCr3 } from './cr3.js';

test('a 32-bit CR3 is rotated: frames above 2^20 come back in the low bits', () => {
  expect(foldCr3(0x12345, 4)).toBe(0x1234_5000n);
  expect(foldCr3(0xabc1_2345, 4)).toBe(0x1234_5abcn);
  expect(unfoldCr3(0x1234_5abcn, 4)).toBe(0xabc1_2345);
});

test('a 64-bit CR3 is the address; its flags are no part of the frame', () => {
  expect(foldCr3(0x12_3456_789a, 8)).toBe(0x1234_5678_9a00_0n);
  expect(unfoldCr3(0x1234_5678_9a01_8n, 8)).toBe(0x12_3456_789a);
});

test('what is folded unfolds to the same frame', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (frame) => unfoldCr3(foldCr3(frame, 4), 4) === frame),
  );
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (frame) => unfoldCr3(foldCr3(frame, 8), 8) === frame));
});

test('a 32-bit guest has no wider CR3 and no wider frames', () => {
  expect(unfoldCr3(1n << 32n, 4)).toBe(INVALID_FRAME);
  expect(() => foldCr3(2 ** 32, 4)).toThrow(RangeError);
});
