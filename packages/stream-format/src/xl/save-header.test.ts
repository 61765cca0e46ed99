import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { XL_FLAG_JSON, XL_FLAG_STREAM_V2, XL_HEADER } from './layouts.js';
import { encodeXlHeader, isXlMagic, readXlHeader, xlHeaderFor } from './save-header.js';

const BEFORE = 3;

/** Reads a header that is not at the start of its file. */
async function read(bytes: Uint8Array) {
  const reader = new ByteReader(byteSource(Buffer.concat([Buffer.alloc(BEFORE), bytes])));
  await reader.skip(BEFORE);
  return readXlHeader(reader);
}

function changed(change: (view: DataView) => void): Uint8Array {
  const bytes = encodeXlHeader(xlHeaderFor('{"a":1}'));
  change(new DataView(bytes.buffer));
  return bytes;
}
const at = (field: 'mandatory_flags' | 'optional_flags' | 'optional_data_len' | 'byteorder') =>
  XL_HEADER.offsetOf(field);

describe("the header of xl's save files", () => {
  it.each(['{"c_info":{"name":"a"}}', 'ü', ''])('has the config %j', async (config) => {
    const header = xlHeaderFor(config);
    const flags = config === '' ? XL_FLAG_STREAM_V2 : XL_FLAG_STREAM_V2 | XL_FLAG_JSON;
    expect(header).toMatchObject({ byteorder: 'little', mandatoryFlags: flags, optionalFlags: 0, config });
    expect(header.optionalData).toHaveLength(4 + Buffer.byteLength(config));
    expect(await read(encodeXlHeader(header))).toEqual(header);
  });

  it('is read in either byte order, with optional flags and without a config', async () => {
    const header = {
      byteorder: 'big',
      mandatoryFlags: XL_FLAG_STREAM_V2,
      optionalFlags: 0xdead_beef,
      optionalData: new Uint8Array(0),
    } as const;
    const bytes = encodeXlHeader(header);
    expect(await read(bytes)).toEqual(header);
    expect(bytes).toHaveLength(XL_HEADER.size);
    expect(new DataView(bytes.buffer).getUint32(at('optional_flags'))).toBe(0xdead_beef);
  });

  it('keeps what follows the config in the optional data', async () => {
    const optionalData = Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.from('{ more')]);
    const header = { byteorder: 'little', mandatoryFlags: 0, optionalFlags: 0, optionalData } as const;
    const found = await read(encodeXlHeader(header));
    expect(found.config).toBe('{');
    expect(Buffer.compare(found.optionalData, optionalData)).toBe(0);
  });

  it.each([
    [
      'another magic',
      changed((view) => view.setUint8(3, 0)),
      'BAD_MAGIC',
      'header-magic',
      0,
      'this is no xl save file',
    ],
    [
      'no byte order',
      changed((view) => view.setUint32(at('byteorder'), 5)),
      'BAD_VALUE',
      'header-byteorder',
      at('byteorder'),
      'the byte order mark has neither order',
    ],
    [
      'a flag that nobody knows',
      changed((view) => view.setUint32(at('mandatory_flags'), 0x8000_0003, true)),
      'BAD_VALUE',
      'header-mandatory-flags',
      at('mandatory_flags'),
      'mandatory flags 0x80000000 are not known',
    ],
    [
      'optional data that are too long',
      changed((view) => view.setUint32(at('optional_data_len'), 2 ** 24 + 1, true)),
      'BAD_LENGTH',
      'header-optional-data',
      at('optional_data_len'),
      'optional data of 16777217 bytes, at most 16777216 are accepted',
    ],
    [
      'optional data as long as they may be, which are not there',
      changed((view) => view.setUint32(at('optional_data_len'), 2 ** 24, true)),
      'TRUNCATED',
      'truncated',
      XL_HEADER.size + 11,
      'the input ends, 16777205 bytes more were expected',
    ],
    [
      'no room for the length of the config',
      changed((view) => view.setUint32(at('optional_data_len'), 3, true)),
      'BAD_LENGTH',
      'config-length',
      XL_HEADER.size,
      'no room for the length of the config',
    ],
    [
      'a config that is longer than the optional data',
      changed((view) => view.setUint32(XL_HEADER.size, 8, true)),
      'BAD_LENGTH',
      'config-length',
      XL_HEADER.size,
      'a config of 8 bytes in 11 bytes of optional data',
    ],
  ])('%s: refused', async (_, bytes, code, rule, offset, detail) => {
    await expect(read(bytes)).rejects.toMatchObject({ code, rule, offset: BEFORE + offset, layer: 'xl', detail });
  });

  it('ends early: refused in the layer of xl', async () => {
    const bytes = encodeXlHeader(xlHeaderFor('{}'));
    await expect(read(bytes.subarray(0, 10))).rejects.toMatchObject({ code: 'TRUNCATED', layer: 'xl' });
  });

  it('is told by its magic', () => {
    const bytes = encodeXlHeader(xlHeaderFor(''));
    expect(isXlMagic(bytes)).toBe(true);
    expect(isXlMagic(bytes.subarray(0, 32))).toBe(true);
    expect(isXlMagic(bytes.subarray(0, 31))).toBe(false);
    expect(isXlMagic(bytes.with(31, 1))).toBe(false);
  });
});
