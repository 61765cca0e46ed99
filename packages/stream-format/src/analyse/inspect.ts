import type { ByteReader } from '../bytes/byte-reader.js';
import { snapshotRecordName } from '../chain/snapshot.js';
import { LIBXC_RECORD, OPTIONAL_RECORD } from '../libxc/record-types.js';
import { LIBXL_RECORD } from '../libxl/record-types.js';
import { type StreamEvent, streamEvents } from '../stream/events.js';
import { MIGRATION_MESSAGES } from '../wire/messages.js';
import { GuestState } from './guest-state.js';
import { MemoryHistory, type MemoryReport, type Pass } from './memory-history.js';
import type { PfnTable } from './pfn-table.js';
import { type StateReport, stateReport } from './state-report.js';

/** How many records of one type a stream has. */
export interface RecordCount {
  readonly layer: 'libxl' | 'libxc';
  /** Number of the type. */
  readonly type: number;
  readonly name: string;
  count: number;
  /** Bytes of their bodies. */
  bytes: number;
}

export interface Inspection extends StateReport {
  /** Bytes of the whole stream, unpacked. */
  readonly bytes: number;
  readonly records: RecordCount[];
  readonly memory: MemoryReport;
  readonly passes: Pass[];
  /** Passes beyond the 200 that are listed. */
  readonly unlistedPasses: number;
  /** What comes after the stream: the sender's "permission to go" of a recorded migration, or bytes of no known meaning. */
  readonly trailing: 'permission to go' | 'unknown' | undefined;
}

/**
 * Reads a whole stream and says what is in it. `pages`: type, history and zeros of each pfn, for a picture of it.
 * Memory: 4 bytes per pfn, and the state of vcpus and devices.
 * @throws StreamError
 */
export async function inspectStream(reader: ByteReader): Promise<{ inspection: Inspection; pages: PfnTable }> {
  const state = new GuestState();
  const history = new MemoryHistory();
  const records = new RecordTable();
  const trailing = new Trailing();
  const start = reader.offset;
  for await (const event of streamEvents(reader)) {
    state.take(event);
    records.take(event);
    if (event.kind === 'trailing') trailing.take(event.data);
    if (event.kind === 'libxc-record') await history.take(event.record);
  }
  const inspection: Inspection = {
    ...stateReport(state),
    bytes: reader.offset - start,
    records: records.rows(),
    memory: history.report(),
    passes: history.passes,
    unlistedPasses: history.unlisted,
    trailing: trailing.meaning(),
  };
  return { inspection, pages: history.table };
}

/** Types that are listed by themselves: any that the format knows, and some that it doesn't. */
const LISTED_TYPES = 256;

class RecordTable {
  private readonly counts = new Map<string, RecordCount>();

  take(event: StreamEvent): void {
    if (event.kind === 'libxl-record') this.add('libxl', numberOf(event.record, LIBXL_RECORD), event.record);
    if (event.kind === 'libxc-record') this.add('libxc', numberOf(event.record, LIBXC_RECORD), event.record);
  }

  /** By layer, in the order of their first appearance. */
  rows(): RecordCount[] {
    const rows = [...this.counts.values()];
    return [...rows.filter(({ layer }) => layer === 'libxl'), ...rows.filter(({ layer }) => layer === 'libxc')];
  }

  private add(layer: RecordCount['layer'], type: number, { type: name, length }: { type: string; length: number }) {
    const key = `${layer} ${type}`;
    const row = this.counts.get(key);
    if (row !== undefined) {
      row.count++;
      row.bytes += length;
      return;
    }
    if (this.counts.size < LISTED_TYPES) {
      const ours = layer === 'libxc' ? snapshotRecordName(type & ~OPTIONAL_RECORD) : undefined;
      const shown = name === 'UNKNOWN' ? (ours ?? `0x${type.toString(16)}`) : name;
      this.counts.set(key, { layer, type, name: shown, count: 1, bytes: length });
    }
  }
}

function numberOf(
  record: { readonly type: string } | { readonly type: 'UNKNOWN'; readonly number: number; readonly optional: boolean },
  numbers: Readonly<Record<string, number>>,
): number {
  if (!('number' in record)) return numbers[record.type] ?? 0;
  return record.number + (record.optional ? OPTIONAL_RECORD : 0);
}

class Trailing {
  private at = 0;
  private known = true;

  take(data: Uint8Array): void {
    const { permissionToGo } = MIGRATION_MESSAGES;
    this.known &&= data.every((byte, i) => byte === permissionToGo[this.at + i]);
    this.at += data.length;
  }

  meaning(): Inspection['trailing'] {
    if (this.at === 0) return undefined;
    return this.known && this.at === MIGRATION_MESSAGES.permissionToGo.length ? 'permission to go' : 'unknown';
  }
}
