import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { byteSource } from '../bytes/byte-source.js';
import { encodeMigrationReport, MIGRATION_MESSAGES, readMigrationMessage, readMigrationReport } from './messages.js';

const reader = (bytes: Uint8Array) => new ByteReader(byteSource(bytes));
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

describe('messages of a migration', () => {
  it("are xl's, byte for byte", () => {
    expect(Object.fromEntries(Object.entries(MIGRATION_MESSAGES).map(([name, bytes]) => [name, text(bytes)]))).toEqual({
      banner: 'xl migration receiver ready, send binary domain data.\n',
      ready: 'domain received, ready to unpause\0',
      permissionToGo: 'domain is yours, you are cleared to unpause\0',
      report: 'my copy unpause results are as follows\0',
    });
  });

  it('are read one after the other', async () => {
    const from = reader(Buffer.concat([MIGRATION_MESSAGES.banner, MIGRATION_MESSAGES.ready, Buffer.from('rest')]));
    await readMigrationMessage(from, 'banner');
    await readMigrationMessage(from, 'ready');
    expect(text(await from.read(4))).toBe('rest');
  });

  it('are told from what is none, with the place', async () => {
    const other = MIGRATION_MESSAGES.ready.slice();
    other[10] = 0x20;
    const from = reader(Buffer.concat([Buffer.from('xx'), other]));
    await from.skip(2);
    await expect(readMigrationMessage(from, 'ready')).rejects.toMatchObject({
      code: 'BAD_MAGIC',
      rule: 'wire-ready',
      layer: 'wire',
      offset: 12,
      message: 'offset 12: wire: not the ready message',
      spec: 'xl.h, migration messages',
    });
    await expect(readMigrationMessage(reader(other.subarray(0, 5)), 'ready')).rejects.toMatchObject({
      code: 'TRUNCATED',
      layer: 'wire',
      offset: 5,
      spec: 'xl.h, migration messages',
    });
  });

  it.each([0, 1, 255])('report %i', async (status) => {
    const report = encodeMigrationReport(status);
    expect(report).toHaveLength(MIGRATION_MESSAGES.report.length + 1);
    expect(await readMigrationReport(reader(report))).toBe(status);
    await expect(readMigrationReport(reader(report.subarray(0, -1)))).rejects.toMatchObject({ code: 'TRUNCATED' });
  });
});
