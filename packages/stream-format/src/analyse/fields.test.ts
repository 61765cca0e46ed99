import { describe, expect, it } from 'vitest';
import { diffFields } from './fields.js';

const diff = (left: Parameters<typeof diffFields>[0], right: Parameters<typeof diffFields>[1]) => [
  ...diffFields(left, right),
];

describe('diffFields', () => {
  it('finds nothing in equal structures', () => {
    const value = () => ({ a: [1, 2n, { b: 'x' }], bytes: new Uint8Array(600), list: new Float64Array([1, 2]) });
    expect(diff(value(), value())).toEqual([]);
  });

  it('names the leaf and both values', () => {
    expect(diff({ regs: { rip: 0x1000n, rsp: 1n } }, { regs: { rip: 0x2000n, rsp: 1n } })).toEqual([
      { path: ['regs', 'rip'], left: '0x1000', right: '0x2000' },
    ]);
  });

  it('names what one side lacks', () => {
    expect(diff([1], [1, 2])).toEqual([{ path: ['1'], left: undefined, right: '2' }]);
    expect(diff({ a: {} }, {})).toEqual([{ path: ['a'], left: '0 fields', right: undefined }]);
    expect(diff({ a: 0 }, {})).toEqual([{ path: ['a'], left: '0', right: undefined }]);
  });

  it('says where long byte strings part', () => {
    const left = new Uint8Array(100);
    const right = left.slice();
    right[80] = 0xab;
    expect(diff(left, right)).toEqual([
      { path: [], left: `at +0x50: ${'00'.repeat(16)}`, right: `at +0x50: ab${'00'.repeat(15)}` },
    ]);
  });

  it('tells a structure from a leaf, and lengths apart', () => {
    expect(diff({ a: [] }, { a: 'list of 0' })).toHaveLength(1);
    expect(diff(new Uint8Array(2), new Uint8Array(3))).toHaveLength(1);
  });
});
