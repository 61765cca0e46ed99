import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError, type StreamErrorCode } from '../errors/stream-error.js';
import { REC_LENGTH_MAX } from '../libxc/layouts.js';
import { OPTIONAL_RECORD } from '../libxc/record-types.js';
import {
  CHECKPOINT_STATE,
  EMULATOR_CONTEXT,
  LIBXL_HEADER,
  LIBXL_RECORD_HEADER,
  libxlSpec,
  OPTION_BIG_ENDIAN,
  OPTION_LEGACY,
} from './layouts.js';
import { LIBXL_LAYOUT, libxlRecordName } from './record-types.js';
import type { LibxlHeaders, LibxlRecord, PlainLibxlRecord } from './records.js';

const HEADER_CODE: Readonly<Record<string, StreamErrorCode>> = { ident: 'BAD_MAGIC', version: 'BAD_VERSION' };

/**
 * Reads one libxl stream, and nothing beyond its END. After LIBXC_CONTEXT the caller reads a libxc stream from the same
 * ByteReader, then goes on here; after CHECKPOINT_END the libxc stream goes on without headers.
 */
export class LibxlReader {
  private littleEndian = true;
  private index = 0;
  private ended = false;

  constructor(private readonly reader: ByteReader) {}

  /** @throws StreamError BAD_MAGIC, BAD_VERSION, BAD_VALUE, TRUNCATED */
  async headers(): Promise<LibxlHeaders> {
    this.reader.place = { layer: 'libxl', spec: LIBXL_HEADER.spec };
    const start = this.reader.offset;
    const header = await this.reader.read(LIBXL_HEADER.size);
    const broken = LIBXL_HEADER.check(header, false)[0];
    if (broken !== undefined) {
      const code = HEADER_CODE[broken.field] ?? 'BAD_VALUE';
      throw this.fault(code, `header-${broken.field}`, broken.message, start + broken.at);
    }
    const { options } = LIBXL_HEADER.read(header, false);
    this.littleEndian = (options & OPTION_BIG_ENDIAN) === 0;
    return { endian: this.littleEndian ? 'little' : 'big', legacy: (options & OPTION_LEGACY) !== 0 };
  }

  /**
   * The next record; undefined after END. Data are views, valid until the next call.
   * @throws StreamError TRUNCATED, BAD_LENGTH
   */
  async next(): Promise<LibxlRecord | undefined> {
    if (this.ended) return undefined;
    const offset = this.reader.offset;
    this.reader.place = { layer: 'libxl', spec: LIBXL_RECORD_HEADER.spec };
    const header = LIBXL_RECORD_HEADER.read(await this.reader.read(LIBXL_RECORD_HEADER.size), this.littleEndian);
    const { type, length } = header;
    const recordIndex = this.index++;
    const name = libxlRecordName(type);
    this.reader.place = {
      layer: 'libxl',
      record: { index: recordIndex, type, name: name ?? `0x${type.toString(16)}` },
      spec: name === undefined ? libxlSpec('Record Overview') : LIBXL_LAYOUT[name].spec,
    };
    if (length > REC_LENGTH_MAX) {
      throw this.fault('BAD_LENGTH', 'record-length-max', `length ${length} is beyond ${REC_LENGTH_MAX}`, offset + 4);
    }
    const padded = await this.reader.read(length + (-length & 7));
    const record = this.decode(type, padded.subarray(0, length), offset);
    this.ended = record.type === 'END';
    return Object.assign(record, { offset, length, recordIndex });
  }

  private decode(type: number, body: Uint8Array, offset: number): PlainLibxlRecord {
    const name = libxlRecordName(type);
    switch (name) {
      case 'END':
      case 'LIBXC_CONTEXT':
      case 'CHECKPOINT_END':
        this.requireLength(body, body.length === 0, 'must be 0', offset);
        return { type: name };
      case 'EMULATOR_XENSTORE_DATA':
      case 'EMULATOR_CONTEXT': {
        const { size } = EMULATOR_CONTEXT;
        this.requireLength(body, body.length >= size, `must be at least ${size}`, offset);
        const { emulator_id: emulatorId, index } = EMULATOR_CONTEXT.read(body, this.littleEndian);
        return { type: name, emulatorId, index, data: body.subarray(size) };
      }
      case 'CHECKPOINT_STATE': {
        const { size } = CHECKPOINT_STATE;
        this.requireLength(body, body.length === size, `must be ${size}`, offset);
        return { type: name, id: CHECKPOINT_STATE.read(body, this.littleEndian).control_id };
      }
      case undefined:
        return {
          type: 'UNKNOWN',
          number: type & ~OPTIONAL_RECORD,
          optional: type >= OPTIONAL_RECORD,
          data: body,
        };
    }
  }

  private requireLength(body: Uint8Array, fits: boolean, rule: string, offset: number): void {
    if (fits) return;
    throw this.fault('BAD_LENGTH', 'record-length', `body of ${body.length} bytes, ${rule}`, offset + 4);
  }

  private fault(code: StreamErrorCode, rule: string, message: string, offset: number): StreamError {
    return new StreamError(message, { ...this.reader.place, code, rule, offset });
  }
}
