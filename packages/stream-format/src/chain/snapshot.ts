import type { LibxcRecord, PlainLibxcRecord } from '../libxc/records.js';
import { ChainError } from './chain-error.js';

/**
 * Records of incremental saves. They are this project's own, with numbers far from Xen's:
 *
 *   SNAPSHOT   first in the stream. {id: 16 bytes, parent: 16 bytes}. In a base, which holds everything, the parent is
 *              zero and the record is optional: stock Xen passes over it, the base is an ordinary stream. In a delta,
 *              which holds the pages written since its parent, it is mandatory: stock Xen, and any restore that does not
 *              have the rest of the chain, refuses the stream before it touches anything.
 *   POPULATED  in a delta, after its pages. {first pfn u64, count u64} for each run of pfns that have memory, ascending:
 *              a page that went away since the parent is in no other record.
 */
export const SNAPSHOT_RECORD = 0x5853_0001;
export const POPULATED_RECORD = 0x5853_0002;

/** Name of a record of incremental saves; undefined for any other number. */
export function snapshotRecordName(number: number): string | undefined {
  if (number === SNAPSHOT_RECORD) return 'SNAPSHOT';
  return number === POPULATED_RECORD ? 'POPULATED' : undefined;
}

const ID_SIZE = 16;
const NO_PARENT = '00'.repeat(ID_SIZE);

export interface Snapshot {
  /** 16 bytes in hex. */
  readonly id: string;
  /** Of the save that this one builds upon; undefined for a base. */
  readonly parent: string | undefined;
}

/** A run of pfns that have memory. */
export interface PfnRun {
  readonly first: number;
  readonly count: number;
}

export function snapshotRecord({ id, parent }: Snapshot): PlainLibxcRecord {
  const data = new Uint8Array(2 * ID_SIZE);
  data.set(bytesOf(id), 0);
  data.set(bytesOf(parent ?? NO_PARENT), ID_SIZE);
  return { type: 'UNKNOWN', number: SNAPSHOT_RECORD, optional: parent === undefined, data };
}

/** The record's contents; undefined when it is another one. @throws ChainError */
export function readSnapshot(record: LibxcRecord): Snapshot | undefined {
  if (record.type !== 'UNKNOWN' || record.number !== SNAPSHOT_RECORD) return undefined;
  if (record.data.length !== 2 * ID_SIZE) {
    throw new ChainError('BAD_RECORD', `offset ${record.offset}: a snapshot record of ${record.data.length} bytes`);
  }
  const parent = hexOf(record.data.subarray(ID_SIZE));
  return { id: hexOf(record.data.subarray(0, ID_SIZE)), parent: parent === NO_PARENT ? undefined : parent };
}

export function populatedRecord(runs: readonly PfnRun[]): PlainLibxcRecord {
  const data = new Uint8Array(runs.length * 16);
  const view = new DataView(data.buffer);
  runs.forEach(({ first, count }, i) => {
    view.setBigUint64(i * 16, BigInt(first), true);
    view.setBigUint64(i * 16 + 8, BigInt(count), true);
  });
  return { type: 'UNKNOWN', number: POPULATED_RECORD, optional: false, data };
}

const MAX_PFN = 2 ** 52;

/** The record's contents; undefined when it is another one. @throws ChainError */
export function readPopulated(record: LibxcRecord): PfnRun[] | undefined {
  if (record.type !== 'UNKNOWN' || record.number !== POPULATED_RECORD) return undefined;
  const { data, offset } = record;
  const bad = (what: string) => new ChainError('BAD_RECORD', `offset ${offset}: the record of populated pages ${what}`);
  if (data.length % 16 !== 0) throw bad(`has ${data.length} bytes`);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let end = 0;
  return Array.from({ length: data.length / 16 }, (_, i) => {
    const first = Number(view.getBigUint64(i * 16, true));
    const count = Number(view.getBigUint64(i * 16 + 8, true));
    if (first < end || count === 0 || first + count > MAX_PFN) throw bad(`is not in order at run ${i}`);
    end = first + count;
    return { first, count };
  });
}

function bytesOf(hex: string): Uint8Array {
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new ChainError('BAD_ID', `'${hex}' is no id of 32 hexadecimal digits`);
  return Uint8Array.from({ length: ID_SIZE }, (_, i) => Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
