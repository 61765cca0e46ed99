import type { ByteSink } from '../bytes/byte-sink.js';
import { REC_LENGTH_MAX } from '../libxc/layouts.js';
import { OPTIONAL_RECORD } from '../libxc/record-types.js';
import {
  CHECKPOINT_STATE,
  EMULATOR_CONTEXT,
  LIBXL_HEADER,
  LIBXL_RECORD_HEADER,
  OPTION_BIG_ENDIAN,
  OPTION_LEGACY,
} from './layouts.js';
import { LIBXL_RECORD } from './record-types.js';
import type { LibxlHeaders, PlainLibxlRecord } from './records.js';

/** Writes one libxl stream. After LIBXC_CONTEXT the caller writes a libxc stream to the same sink. */
export class LibxlWriter {
  private littleEndian = true;

  constructor(private readonly sink: ByteSink) {}

  async headers(headers: LibxlHeaders): Promise<void> {
    this.littleEndian = headers.endian === 'little';
    const options = (this.littleEndian ? 0 : OPTION_BIG_ENDIAN) | (headers.legacy ? OPTION_LEGACY : 0);
    await this.sink.writev([LIBXL_HEADER.write({ options }, this.littleEndian)]);
  }

  async record(record: PlainLibxlRecord): Promise<void> {
    const parts = bodyOf(record, this.littleEndian);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length > REC_LENGTH_MAX) throw new RangeError(`a record of ${length} bytes is too long`);
    const header = LIBXL_RECORD_HEADER.write({ type: numberOf(record), length }, this.littleEndian);
    const all = [header, ...parts, new Uint8Array(-length & 7)];
    await this.sink.writev(all.filter((part) => part.length > 0));
  }
}

function numberOf(record: PlainLibxlRecord): number {
  if (record.type !== 'UNKNOWN') return LIBXL_RECORD[record.type];
  return ((record.optional ? OPTIONAL_RECORD : 0) | record.number) >>> 0;
}

function bodyOf(record: PlainLibxlRecord, little: boolean): Uint8Array[] {
  switch (record.type) {
    case 'END':
    case 'LIBXC_CONTEXT':
    case 'CHECKPOINT_END':
      return [];
    case 'EMULATOR_XENSTORE_DATA':
    case 'EMULATOR_CONTEXT':
      return [EMULATOR_CONTEXT.write({ emulator_id: record.emulatorId, index: record.index }, little), record.data];
    case 'CHECKPOINT_STATE':
      return [CHECKPOINT_STATE.write({ control_id: record.id }, little)];
    case 'UNKNOWN':
      return [record.data];
  }
}
