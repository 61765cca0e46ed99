import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { LibxlReader } from './reader.js';
import type { LibxlHeaders, PlainLibxlRecord } from './records.js';
import { LibxlWriter } from './writer.js';

const RECORDS: readonly PlainLibxlRecord[] = [
  { type: 'LIBXC_CONTEXT' },
  { type: 'EMULATOR_XENSTORE_DATA', emulatorId: 1, index: 2, data: new TextEncoder().encode('key\0value\0') },
  { type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 0, data: Uint8Array.of(1, 2, 3) },
  { type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 1, data: new Uint8Array(0) },
  { type: 'CHECKPOINT_END' },
  { type: 'CHECKPOINT_STATE', id: 3 },
  { type: 'UNKNOWN', number: 0x77, optional: true, data: Uint8Array.of(9) },
  { type: 'UNKNOWN', number: 0x78, optional: false, data: new Uint8Array(16) },
  { type: 'END' },
];

async function written(headers: LibxlHeaders, records: readonly PlainLibxlRecord[]) {
  const sink = new MemorySink();
  const writer = new LibxlWriter(sink);
  await writer.headers(headers);
  for (const record of records) await writer.record(record);
  return sink.bytes();
}

/** Little-endian records of a stream that is put together by hand. */
async function readRecord(type: number, length: number, body = new Uint8Array(0)) {
  const start = await written({ endian: 'little', legacy: false }, []);
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, type, true);
  head.setUint32(4, length, true);
  const reader = new LibxlReader(
    new ByteReader(byteSource(Buffer.concat([start, new Uint8Array(head.buffer), body])), { offset: 100 }),
  );
  await reader.headers();
  return reader.next();
}

describe('a libxl stream', () => {
  it.each([
    { endian: 'little', legacy: false },
    { endian: 'little', legacy: true },
    { endian: 'big', legacy: false },
    { endian: 'big', legacy: true },
  ] as const)('of headers %j is read as it was written', async (headers) => {
    const bytes = await written(headers, RECORDS);
    const source = new ByteReader(byteSource(Buffer.concat([bytes, Buffer.from('rest')])));
    const reader = new LibxlReader(source);
    expect(await reader.headers()).toEqual(headers);
    let offset = 16;
    for (const [recordIndex, record] of RECORDS.entries()) {
      const found = await reader.next();
      expect(found).toMatchObject({ ...record, offset, recordIndex });
      offset += 8 + Math.ceil((found?.length ?? 0) / 8) * 8;
    }
    expect(await reader.next()).toBeUndefined();
    expect(source.offset).toBe(bytes.length);
    const lengths = [0, 18, 11, 8, 0, 8, 1, 16, 0];
    expect(bytes).toHaveLength(16 + lengths.reduce((sum, length) => sum + 8 + Math.ceil(length / 8) * 8, 0));
  });

  it('has no record beyond the limit', async () => {
    const writer = new LibxlWriter({ writev: async () => {} });
    const data = new Uint8Array(2 ** 27 - 7);
    const record = { type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 0 } as const;
    await expect(writer.record({ ...record, data })).rejects.toThrow('a record of 134217729 bytes is too long');
    await writer.record({ ...record, data: data.subarray(1) });
    await expect(readRecord(1, 2 ** 27 + 1)).rejects.toMatchObject({
      code: 'BAD_LENGTH',
      rule: 'record-length-max',
      message: 'offset 120: libxl, record 0 (LIBXC_CONTEXT): length 134217729 is beyond 134217728',
    });
    await expect(readRecord(3, 2 ** 27)).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  it.each([
    [0, 8, 'END', 'body of 8 bytes, must be 0'],
    [1, 8, 'LIBXC_CONTEXT', 'body of 8 bytes, must be 0'],
    [4, 1, 'CHECKPOINT_END', 'body of 1 bytes, must be 0'],
    [2, 7, 'EMULATOR_XENSTORE_DATA', 'body of 7 bytes, must be at least 8'],
    [3, 0, 'EMULATOR_CONTEXT', 'body of 0 bytes, must be at least 8'],
    [5, 7, 'CHECKPOINT_STATE', 'body of 7 bytes, must be 8'],
    [5, 9, 'CHECKPOINT_STATE', 'body of 9 bytes, must be 8'],
  ])('has no record %i of %i bytes', async (type, length, name, detail) => {
    await expect(readRecord(type, length, new Uint8Array(16))).rejects.toMatchObject({
      code: 'BAD_LENGTH',
      rule: 'record-length',
      offset: 120,
      layer: 'libxl',
      record: { index: 0, type, name },
      spec: `libxl-migration-stream, ${name}`,
      detail,
    });
  });

  it('that ends in a record nobody knows says which', async () => {
    await expect(readRecord(0x55, 8)).rejects.toMatchObject({
      code: 'TRUNCATED',
      record: { index: 0, type: 0x55, name: '0x55' },
      spec: 'libxl-migration-stream, Record Overview',
    });
  });

  it.each([
    [0, 'BAD_MAGIC', 'header-ident', 0],
    [9, 'BAD_VERSION', 'header-version', 8],
    [12, 'BAD_VALUE', 'header-options', 12],
  ])('whose header is spoilt at byte %i is refused', async (at, code, rule, offset) => {
    const bytes = await written({ endian: 'little', legacy: false }, []);
    bytes[at] = 0xee;
    const reader = new LibxlReader(new ByteReader(byteSource(bytes), { offset: 7 }));
    await expect(reader.headers()).rejects.toMatchObject({ code, rule, offset: 7 + offset, layer: 'libxl' });
    const short = new LibxlReader(new ByteReader(byteSource(bytes.subarray(0, 9))));
    await expect(short.headers()).rejects.toMatchObject({ code: 'TRUNCATED', spec: 'libxl-migration-stream, Header' });
  });
});
