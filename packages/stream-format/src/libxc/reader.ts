import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError, type StreamErrorCode, type StreamPlace } from '../errors/stream-error.js';
import { decodeRecord } from './decode.js';
import { readPfnWords } from './frames.js';
import {
  DOMAIN_HEADER,
  IMAGE_HEADER,
  libxcSpec,
  PAGE_DATA,
  PAGE_SIZE,
  REC_LENGTH_MAX,
  RECORD_HEADER,
} from './layouts.js';
import { hasPageData, isKnownPageType } from './page-types.js';
import { LIBXC_LAYOUT, LIBXC_RECORD, libxcRecordName } from './record-types.js';
import type { LibxcHeaders, LibxcRecord, PageBody, RecordPosition } from './records.js';

const NO_VIOLATION_MATTERS = new Set(['', 'reserved']);

/** Reads one libxc stream, record by record, and nothing beyond its END. */
export class LibxcReader {
  private littleEndian = true;
  private index = 0;
  private padding = 0;
  private pages: StreamPages | undefined;
  private ended = false;

  constructor(private readonly reader: ByteReader) {}

  /** @throws StreamError BAD_MAGIC, BAD_VERSION, BAD_VALUE, TRUNCATED */
  async headers(): Promise<LibxcHeaders> {
    this.reader.place = { layer: 'libxc', spec: IMAGE_HEADER.spec };
    const imageAt = this.reader.offset;
    const image = await this.reader.read(IMAGE_HEADER.size);
    this.refuse(IMAGE_HEADER.check(image, false), imageAt);
    const { version, options } = IMAGE_HEADER.read(image, false);
    this.littleEndian = options === 0;
    this.reader.place = { layer: 'libxc', spec: DOMAIN_HEADER.spec };
    const domainAt = this.reader.offset;
    const domain = await this.reader.read(DOMAIN_HEADER.size);
    this.refuse(DOMAIN_HEADER.check(domain, this.littleEndian), domainAt);
    const fields = DOMAIN_HEADER.read(domain, this.littleEndian);
    return {
      version: version === 2 ? 2 : 3,
      endian: this.littleEndian ? 'little' : 'big',
      guestType: fields.type === 1 ? 'pv' : 'hvm',
      pageShift: fields.page_shift,
      xenMajor: fields.xen_major,
      xenMinor: fields.xen_minor,
    };
  }

  /**
   * The next record; undefined after END. Views in it are valid until the next call, which passes over pages that were
   * not read. After CHECKPOINT a layer above may read from the same ByteReader before the next call.
   * @throws StreamError TRUNCATED, BAD_LENGTH, BAD_VALUE
   */
  async next(): Promise<LibxcRecord | undefined> {
    if (this.ended) return undefined;
    await this.finishRecord();
    const offset = this.reader.offset;
    this.reader.place = { layer: 'libxc', spec: RECORD_HEADER.spec };
    const header = RECORD_HEADER.read(await this.reader.read(RECORD_HEADER.size), this.littleEndian);
    const { type, length } = header;
    const index = this.index++;
    this.reader.place = placeOf(type, index);
    if (length > REC_LENGTH_MAX) {
      throw this.fault('BAD_LENGTH', 'record-length-max', `length ${length} is beyond ${REC_LENGTH_MAX}`, offset + 4);
    }
    const position = { offset, index, length };
    this.padding = -length & 7;
    if (type === LIBXC_RECORD.PAGE_DATA) return this.pageData(position);
    const bodyWithPadding = await this.reader.read(length + this.padding);
    this.padding = 0;
    const body = bodyWithPadding.subarray(0, length);
    const record = decodeRecord({ number: type, index, offset, body, littleEndian: this.littleEndian });
    this.ended = record.type === 'END';
    return Object.assign(record, position);
  }

  private async finishRecord(): Promise<void> {
    await this.pages?.skip();
    this.pages = undefined;
    if (this.padding > 0) await this.reader.skip(this.padding);
    this.padding = 0;
  }

  private async pageData(position: RecordPosition): Promise<LibxcRecord> {
    const { offset, length } = position;
    const lengthAt = offset + 4;
    if (length < PAGE_DATA.size + 8) {
      throw this.fault('BAD_LENGTH', 'record-length', `body of ${length} bytes has no room for a pfn`, lengthAt);
    }
    const { count } = PAGE_DATA.read(await this.reader.read(PAGE_DATA.size), this.littleEndian);
    if (count === 0 || PAGE_DATA.size + count * 8 > length) {
      const message = `count ${count} does not fit a body of ${length} bytes`;
      throw this.fault('BAD_LENGTH', 'page-data-count', message, offset + RECORD_HEADER.size);
    }
    const { pfns, types } = readPfnWords(await this.reader.read(count * 8), this.littleEndian);
    let pageCount = 0;
    // No iterator: a hole of HVM guests makes a million of these.
    for (let i = 0; i < types.length; i++) {
      const type = types[i]!;
      if (!isKnownPageType(type)) {
        const at = offset + RECORD_HEADER.size + PAGE_DATA.size + i * 8;
        throw this.fault('BAD_VALUE', 'page-type', `entry ${i} has the reserved page type ${type}`, at);
      }
      if (hasPageData(type)) pageCount++;
    }
    const wanted = PAGE_DATA.size + count * 8 + pageCount * PAGE_SIZE;
    if (length !== wanted) {
      const message = `body of ${length} bytes, must be ${wanted} for ${count} pfns and ${pageCount} pages`;
      throw this.fault('BAD_LENGTH', 'page-data-length', message, lengthAt);
    }
    this.pages = new StreamPages(this.reader, pageCount);
    return { type: 'PAGE_DATA', pfns, types, pageCount, body: this.pages, ...position };
  }

  private refuse(violations: ReturnType<typeof IMAGE_HEADER.check>, start: number): void {
    const broken = violations.find((violation) => !NO_VIOLATION_MATTERS.has(violation.field));
    if (broken === undefined) return;
    const code = HEADER_CODE[broken.field] ?? 'BAD_VALUE';
    throw this.fault(code, `header-${broken.field}`, broken.message, start + broken.at);
  }

  private fault(code: StreamErrorCode, rule: string, message: string, offset: number): StreamError {
    return new StreamError(message, { ...this.reader.place, code, rule, offset });
  }
}

const HEADER_CODE: Readonly<Record<string, StreamErrorCode>> = {
  marker: 'BAD_MAGIC',
  id: 'BAD_MAGIC',
  version: 'BAD_VERSION',
};

function placeOf(type: number, index: number): StreamPlace {
  const name = libxcRecordName(type);
  const spec = name === undefined ? libxcSpec('Records') : LIBXC_LAYOUT[name].spec;
  return { layer: 'libxc', record: { index, type, name: name ?? `0x${type.toString(16)}` }, spec };
}

class StreamPages implements PageBody {
  constructor(
    private readonly reader: ByteReader,
    private left: number,
  ) {}

  async readInto(targets: readonly Uint8Array[]): Promise<void> {
    const room = targets.reduce((sum, target) => sum + target.length, 0);
    if (room % PAGE_SIZE !== 0 || room > this.left * PAGE_SIZE) {
      throw new RangeError(`targets of ${room} bytes for ${this.left} pages`);
    }
    this.left -= room / PAGE_SIZE;
    await this.reader.readInto(targets);
  }

  async next(): Promise<Uint8Array | undefined> {
    if (this.left === 0) return undefined;
    this.left--;
    return this.reader.read(PAGE_SIZE);
  }

  async skip(): Promise<void> {
    const pages = this.left;
    this.left = 0;
    if (pages > 0) await this.reader.skip(pages * PAGE_SIZE);
  }
}
