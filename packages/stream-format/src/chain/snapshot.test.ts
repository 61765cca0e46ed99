import { describe, expect, it } from 'vitest';
import type { LibxcRecord, PlainLibxcRecord } from '../libxc/records.js';
import {
  type PfnRun,
  POPULATED_RECORD,
  populatedRecord,
  readPopulated,
  readSnapshot,
  SNAPSHOT_RECORD,
  snapshotRecord,
  snapshotRecordName,
} from './snapshot.js';

const ID = '0123456789abcdef'.repeat(2);
const PARENT = 'f0'.repeat(16);
const POSITION = { offset: 24, index: 0 };
const placed = (record: PlainLibxcRecord) => ({ ...record, ...POSITION }) as LibxcRecord;
const populated = (data: Uint8Array) => placed({ type: 'UNKNOWN', number: POPULATED_RECORD, optional: false, data });

describe('a snapshot record', () => {
  it('of a base is optional, of a delta it is not', () => {
    expect(snapshotRecord({ id: ID, parent: undefined })).toMatchObject({ number: SNAPSHOT_RECORD, optional: true });
    expect(snapshotRecord({ id: ID, parent: PARENT })).toMatchObject({ number: SNAPSHOT_RECORD, optional: false });
  });

  it.each([undefined, PARENT])('is read as it was written (parent %s)', (parent) => {
    expect(readSnapshot(placed(snapshotRecord({ id: ID, parent })))).toEqual({ id: ID, parent });
  });

  it.each(['', '01', 'g'.repeat(32), ID.toUpperCase(), `${ID}0`, ` ${ID}`])("'%s' is no id", (id) => {
    expect(() => snapshotRecord({ id, parent: undefined })).toThrow(
      expect.objectContaining({ code: 'BAD_ID', message: `'${id}' is no id of 32 hexadecimal digits` }),
    );
  });

  it('has a length', () => {
    const record = placed({ type: 'UNKNOWN', number: SNAPSHOT_RECORD, optional: false, data: new Uint8Array(31) });
    expect(() => readSnapshot(record)).toThrow(
      expect.objectContaining({ code: 'BAD_RECORD', message: 'offset 24: a snapshot record of 31 bytes' }),
    );
  });

  it('is no other record', () => {
    expect(readSnapshot(placed({ type: 'END' }))).toBeUndefined();
    expect(readSnapshot(populated(new Uint8Array(32)))).toBeUndefined();
  });
});

describe('a record of populated pages', () => {
  it.each([
    [[]],
    [[{ first: 0, count: 1 }]],
    // Side by side, and up to the last pfn.
    [
      [
        { first: 3, count: 4 },
        { first: 7, count: 1 },
        { first: 2 ** 52 - 1, count: 1 },
      ],
    ],
  ])('is read as it was written: %j', (runs) => {
    const record = populatedRecord(runs);
    expect(record).toMatchObject({ number: POPULATED_RECORD, optional: false });
    expect(readPopulated(placed(record))).toEqual(runs);
  });

  it.each([
    [0, [{ first: 5, count: 0 }]],
    [0, [{ first: 2 ** 52, count: 1 }]],
    [0, [{ first: 2 ** 52 - 1, count: 2 }]],
    [
      1,
      [
        { first: 5, count: 2 },
        { first: 6, count: 1 },
      ],
    ],
  ] satisfies [number, PfnRun[]][])('is in order (run %i of %j is not)', (run, runs) => {
    expect(() => readPopulated(placed(populatedRecord(runs)))).toThrow(
      expect.objectContaining({
        code: 'BAD_RECORD',
        message: `offset 24: the record of populated pages is not in order at run ${run}`,
      }),
    );
  });

  it('has whole runs', () => {
    expect(() => readPopulated(populated(new Uint8Array(24)))).toThrow(
      expect.objectContaining({ code: 'BAD_RECORD', message: 'offset 24: the record of populated pages has 24 bytes' }),
    );
  });

  it('is no other record', () => {
    expect(readPopulated(placed({ type: 'END' }))).toBeUndefined();
    expect(readPopulated(placed(snapshotRecord({ id: ID, parent: PARENT })))).toBeUndefined();
  });
});

it('both have names, and no other number has', () => {
  expect([SNAPSHOT_RECORD, POPULATED_RECORD, 1].map(snapshotRecordName)).toEqual(['SNAPSHOT', 'POPULATED', undefined]);
});
