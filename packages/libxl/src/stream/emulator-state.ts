import {
  ByteReader,
  byteSource,
  LibxlReader,
  LibxlWriter,
  MemorySink,
  type PlainLibxlRecord,
} from '@xen-migration/stream-format';
import { type DomainKey, readUserdata, storeUserdata } from '../domain/userdata.js';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';

/** What a device model said of itself in a stream: passed through unchanged where no device model runs to take it. */
export type EmulatorRecord = Extract<PlainLibxlRecord, { type: 'EMULATOR_XENSTORE_DATA' | 'EMULATOR_CONTEXT' }>;

/** More than any device model says of itself. */
const MOST_BYTES = 256 * 1024 * 1024;
/** What a record costs beside its data. */
const RECORD_COST = 256;

/** Records that a stream brings, up to a limit: their number and sizes are what its writer says. */
export class EmulatorRecords {
  readonly records: EmulatorRecord[] = [];
  private cost = 0;

  /** The record's data are copied. @throws LibxlError ERROR_INVAL where they are more than a device model has to say */
  add(record: EmulatorRecord, offset: number): void {
    this.cost += record.data.length + RECORD_COST;
    if (this.cost > MOST_BYTES) {
      const what = `a record ${record.type} beyond what is accepted in all, ${MOST_BYTES / 2 ** 20} MiB`;
      throw new LibxlError('ERROR_INVAL', `libxl stream, offset ${offset}: ${what}`);
    }
    this.records.push(copyOf(record));
  }
}

/** Keeps the records that came with a guest, for its next save. They are kept as a libxl stream of their own. */
export async function storeEmulatorState(
  host: Host,
  key: DomainKey,
  records: readonly EmulatorRecord[],
): Promise<void> {
  if (records.length === 0) return;
  const sink = new MemorySink();
  const writer = new LibxlWriter(sink);
  await writer.headers({ endian: 'little', legacy: false });
  for (const record of records) await writer.record(record);
  await writer.record({ type: 'END' });
  await storeUserdata(host, key, 'emulator', sink.bytes());
}

/** Empty where the guest never had a device model. */
export async function readEmulatorState(host: Host, key: DomainKey): Promise<EmulatorRecord[]> {
  const data = await readUserdata(host, key, 'emulator');
  if (data === undefined) return [];
  const reader = new LibxlReader(new ByteReader(byteSource(data)));
  await reader.headers();
  const records: EmulatorRecord[] = [];
  for (let record = await reader.next(); record !== undefined; record = await reader.next()) {
    if (isEmulatorRecord(record)) records.push(copyOf(record));
  }
  return records;
}

export function isEmulatorRecord(record: PlainLibxlRecord): record is EmulatorRecord {
  return record.type === 'EMULATOR_XENSTORE_DATA' || record.type === 'EMULATOR_CONTEXT';
}

/** Without the place where it was read, and with bytes of its own. */
function copyOf({ type, emulatorId, index, data }: EmulatorRecord): EmulatorRecord {
  return { type, emulatorId, index, data: data.slice() };
}
