import { describe, expect, it } from 'vitest';
import { describeLayout } from './describe.js';
import { bytes, Layout, reserved, u8, u16, u32, u64 } from './layout.js';

const layout = new Layout(
  'Sample',
  'a document',
  [
    u8('small', 'One byte.'),
    reserved(3),
    u16('medium', 'Two bytes.', { order: 'big' }),
    u16('kind', 'One of two.', { values: { 1: 'first', 16: 'second' } }),
    u32('large', 'Four bytes.'),
    bytes('raw', 4, 'As they are.'),
    u64('huge', 'Eight bytes.', { constant: 0x1234_5678_9abc_def0n }),
  ],
  { name: 'rest', of: 'u32', about: 'The rest.' },
);
const VALUE = { small: 1, medium: 0x203, kind: 16, large: 0x4050607, raw: Uint8Array.of(8, 9, 10, 11) };
const LITTLE = Uint8Array.of(
  ...[1, 0, 0, 0, 2, 3, 16, 0, 7, 6, 5, 4, 8, 9, 10, 11],
  ...[0xf0, 0xde, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12],
);
const BIG = Uint8Array.of(
  ...[1, 0, 0, 0, 2, 3, 0, 16, 4, 5, 6, 7, 8, 9, 10, 11],
  ...[0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0],
);

describe('a layout', () => {
  it('knows its size and where its fields are', () => {
    expect(layout.size).toBe(24);
    expect(['small', 'medium', 'kind', 'large', 'raw', 'huge'].map((name) => layout.offsetOf(name as 'small'))).toEqual(
      [0, 4, 6, 8, 12, 16],
    );
    expect(() => layout.offsetOf('none' as 'small')).toThrow(new RangeError('Sample has no field none'));
  });

  it.each([
    [true, LITTLE],
    [false, BIG],
  ])('is written and read in either byte order', (littleEndian, data) => {
    expect(layout.write(VALUE, littleEndian)).toEqual(data);
    const value = layout.read(data, littleEndian);
    expect(value).toEqual({ ...VALUE, huge: 0x1234_5678_9abc_def0n });
    // What was read is not a view.
    expect(value.raw.buffer).not.toBe(data.buffer);
    // A view somewhere in a buffer is read where it is.
    expect(layout.read(Buffer.concat([Buffer.alloc(3), data]).subarray(3), littleEndian)).toEqual(value);
    expect(layout.check(data, littleEndian)).toEqual([]);
  });

  it.each([
    [{ small: 256 }, 'small is not a value of 1 bytes'],
    [{ small: -1 }, 'small is not a value of 1 bytes'],
    [{ medium: 0x1_0000 }, 'medium is not a value of 2 bytes'],
    [{ large: 2 ** 32 }, 'large is not a value of 4 bytes'],
    [{ large: '1' }, 'large is not a value of 4 bytes'],
    [{ huge: 1n << 64n }, 'huge is not a value of 8 bytes'],
    [{ raw: new Uint8Array(3) }, 'raw is not a value of 4 bytes'],
    [{ raw: [1, 2, 3, 4] }, 'raw is not a value of 4 bytes'],
    [{ small: undefined }, 'small is not a value of 1 bytes'],
  ])('refuses to write what does not fit: %#', (other, message) => {
    const value = { ...VALUE, ...other } as unknown as typeof VALUE;
    expect(() => layout.write(value, true)).toThrow(new RangeError(message));
  });

  it('takes the largest values, and bigints for numbers', () => {
    const largest = { small: 255, medium: 0xffff, kind: 1, large: 0xffff_ffff, huge: (1n << 64n) - 1n };
    const value = { ...VALUE, ...largest };
    expect(layout.read(layout.write(value, true), true)).toEqual(value);
    const bigints = { ...VALUE, small: 5n, medium: 6n, large: 7n } as unknown as typeof VALUE;
    expect(layout.read(layout.write(bigints, true), true)).toMatchObject({ small: 5, medium: 6, large: 7 });
  });

  it('tells every rule that is broken', () => {
    const spoilt = LITTLE.slice();
    spoilt.set([1], 2);
    spoilt.set([7], 6);
    spoilt.set([0], 16);
    expect(layout.check(spoilt, true)).toEqual([
      { field: 'reserved', at: 1, kind: 'reserved', message: 'reserved bytes at +1 are not zero' },
      { field: 'kind', at: 6, kind: 'value', message: 'kind is 0x7, not 0x1 or 0x10' },
      {
        field: 'huge',
        at: 16,
        kind: 'constant',
        message: 'huge is 0x123456789abcde00, must be 0x123456789abcdef0',
      },
    ]);
  });

  it('describes itself', () => {
    expect(describeLayout(layout, 7)).toBe(
      [
        '### Sample (0x07)',
        '',
        'a document',
        '',
        '| offset | bytes | field | kind | meaning |',
        '|---|---|---|---|---|',
        '| 0 | 1 | small | u8 | One byte. |',
        '| 1 | 3 | (reserved) | bytes | Reserved: zero. |',
        '| 4 | 2 | medium | u16, big-endian | Two bytes. |',
        '| 6 | 2 | kind | u16 | One of two. 1: first; 16: second. |',
        '| 8 | 4 | large | u32 | Four bytes. |',
        '| 12 | 4 | raw | bytes | As they are. |',
        '| 16 | 8 | huge | u64 | Eight bytes. Always 0x123456789abcdef0. |',
        '| 24 | rest | rest | u32 each | The rest. |',
        '',
      ].join('\n'),
    );
    expect(describeLayout(new Layout('Empty', 'there', []))).toBe('### Empty\n\nthere\n\nNo body.\n');
    const bare = new Layout('Bare', 'there', [], { name: 'all', of: 'bytes', about: 'All.' });
    expect(describeLayout(bare)).toContain('| 0 | rest | all | bytes | All. |');
    const entries = new Layout('Entries', 'there', [], { name: 'all', of: layout, about: 'All.' });
    expect(describeLayout(entries)).toContain('| 0 | rest | all | Sample each | All. |');
  });
});
