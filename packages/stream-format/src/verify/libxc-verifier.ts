import type { ByteReader } from '../bytes/byte-reader.js';
import { ChainError } from '../chain/chain-error.js';
import { readPopulated, readSnapshot, SNAPSHOT_RECORD, snapshotRecordName } from '../chain/snapshot.js';
import { StreamError, type StreamPlace } from '../errors/stream-error.js';
import { decodeRecord } from '../libxc/decode.js';
import {
  DOMAIN_HEADER,
  IMAGE_HEADER,
  libxcSpec,
  PAGE_DATA,
  PAGE_SIZE,
  REC_LENGTH_MAX,
  RECORD_HEADER,
  X86_PV_P2M_FRAMES,
} from '../libxc/layouts.js';
import { hasPageData, isKnownPageType, pageTableLevel } from '../libxc/page-types.js';
import { LIBXC_LAYOUT, LIBXC_RECORD, libxcRecordName, OPTIONAL_RECORD } from '../libxc/record-types.js';
import type { LibxcHeaders, PlainLibxcRecord } from '../libxc/records.js';
import { checkHvmContext, checkVcpuSize } from './body-checks.js';
import { EndOfVerification, type Findings } from './findings.js';
import { PageTables } from './page-tables.js';
import { RecordOrder } from './record-order.js';

const HEAD = RECORD_HEADER.size;
const COUNT_AT = HEAD + PAGE_DATA.offsetOf('count');
const RESERVED_AT = COUNT_AT + 4;
const PFNS_AT = HEAD + PAGE_DATA.size;
/** pfn words of a record that the quick way takes: more would not fit into the reader's buffer. */
const QUICK_PFNS = 4096;
/** Bits 52 to 59 of a pfn word, in its upper half. */
const PFN_RESERVED = 0x0ff0_0000;
const PFN_HIGH = 0x000f_ffff;
const TWO_32 = 2 ** 32;

export interface LibxcStats {
  /** PAGE_DATA records, those too that are counted in `records`. */
  pageRecords: number;
  records: number;
  /** Pages with data. */
  pages: number;
}

/** Verifies one libxc stream; `run` again after a checkpoint of the layer above. */
export class LibxcVerifier {
  readonly stats: LibxcStats = { pageRecords: 0, records: 0, pages: 0 };
  private headers: LibxcHeaders | undefined;
  private littleEndian = true;
  private order: RecordOrder | undefined;
  private readonly pageTables = new PageTables();
  private pv: Extract<PlainLibxcRecord, { type: 'X86_PV_INFO' }> | undefined;
  private maxPfn: number | undefined;
  private index = 0;
  private place: StreamPlace = { layer: 'libxc', spec: IMAGE_HEADER.spec };
  private recordAt = 0;
  private unknownBefore = false;

  constructor(
    private readonly reader: ByteReader,
    private readonly findings: Findings,
  ) {}

  async readHeaders(): Promise<void> {
    this.reader.place = this.place;
    const imageAt = this.reader.offset;
    const image = await this.reader.read(IMAGE_HEADER.size);
    this.report(IMAGE_HEADER.check(image, false), imageAt, 'header');
    const { version, options } = IMAGE_HEADER.read(image, false);
    this.littleEndian = (options & 1) === 0;
    this.place = this.reader.place = { layer: 'libxc', spec: DOMAIN_HEADER.spec };
    const domainAt = this.reader.offset;
    const domain = await this.reader.read(DOMAIN_HEADER.size);
    this.report(DOMAIN_HEADER.check(domain, this.littleEndian), domainAt, 'header');
    const fields = DOMAIN_HEADER.read(domain, this.littleEndian);
    this.headers = {
      version: version === 2 ? 2 : 3,
      endian: this.littleEndian ? 'little' : 'big',
      guestType: fields.type === 1 ? 'pv' : 'hvm',
      pageShift: fields.page_shift,
      xenMajor: fields.xen_major,
      xenMinor: fields.xen_minor,
    };
    this.order = new RecordOrder(this.headers, (rule, message, spec) =>
      this.findings.error({ ...this.place, spec, offset: this.recordAt, rule, message }),
    );
  }

  /** Records up to END or CHECKPOINT; answers which. Memory: the largest record that is no PAGE_DATA. */
  async run(): Promise<'END' | 'CHECKPOINT'> {
    for (;;) {
      while (this.quickPageData());
      const name = await this.nextRecord();
      if (name === 'END' || name === 'CHECKPOINT') return name;
    }
  }

  /**
   * One PAGE_DATA record without a promise or an object made for it. False, and nothing passed over, where anything is
   * out of the ordinary: the slow way then says what.
   */
  private quickPageData(): boolean {
    const { reader, littleEndian: little } = this;
    if (this.order === undefined || !this.order.inPages) return false;
    if (!reader.ensureSync(PFNS_AT) || reader.aheadU32(0, little) !== LIBXC_RECORD.PAGE_DATA) return false;
    const length = reader.aheadU32(4, little);
    const count = reader.aheadU32(COUNT_AT, little);
    if (count === 0 || count > QUICK_PFNS || length > REC_LENGTH_MAX) return false;
    if (reader.aheadU32(RESERVED_AT, little) !== 0 || !reader.ensureSync(PFNS_AT + count * 8)) return false;
    const pages = this.quickPages(count);
    if (pages < 0 || length !== PAGE_DATA.size + count * 8 + pages * PAGE_SIZE) return false;
    const start = reader.offset;
    try {
      if (!reader.skipSync(PFNS_AT + count * 8 + pages * PAGE_SIZE)) return false;
    } catch (error) {
      this.enter(LIBXC_RECORD.PAGE_DATA, start);
      throw this.placed(error);
    }
    this.index++;
    this.stats.records++;
    this.stats.pageRecords++;
    this.stats.pages += pages;
    return true;
  }

  /** How many of the entries ahead have pages; -1 where one is not ordinary. */
  private quickPages(count: number): number {
    const { reader, littleEndian: little, maxPfn } = this;
    const pv = this.headers?.guestType === 'pv';
    const [lowAt, highAt] = little ? [PFNS_AT, PFNS_AT + 4] : [PFNS_AT + 4, PFNS_AT];
    let pages = 0;
    for (let i = 0; i < count; i++) {
      const high = reader.aheadU32(highAt + i * 8, little);
      const type = high >>> 28;
      if ((high & PFN_RESERVED) !== 0 || !isKnownPageType(type)) return -1;
      if (hasPageData(type)) pages++;
      if (!pv) continue;
      if (pageTableLevel(type) >= 2) return -1;
      const pfn = (high & PFN_HIGH) * TWO_32 + reader.aheadU32(lowAt + i * 8, little);
      if (maxPfn === undefined || pfn > maxPfn) return -1;
      this.pageTables.note(pfn, type);
    }
    return pages;
  }

  private async nextRecord(): Promise<string> {
    const offset = this.reader.offset;
    this.place = this.reader.place = { layer: 'libxc', spec: RECORD_HEADER.spec };
    const header = RECORD_HEADER.read(await this.reader.read(HEAD), this.littleEndian);
    const { type, length } = header;
    this.enter(type, offset);
    const name = libxcRecordName(type);
    this.index++;
    this.stats.records++;
    if (length > REC_LENGTH_MAX) {
      this.error('record-length-max', `length ${length} is beyond ${REC_LENGTH_MAX}`, offset + 4);
      throw new EndOfVerification();
    }
    if (name === undefined) {
      await (snapshotRecordName(withoutFlag(type)) === undefined
        ? this.unknown(type, length)
        : this.snapshot(type, length));
      return 'UNKNOWN';
    }
    this.unknownBefore = false;
    this.order?.take(name);
    if (name === 'PAGE_DATA') {
      this.stats.pageRecords++;
      await this.pageData(length);
    } else {
      const padded = await this.reader.read(length + (-length & 7));
      this.checkPadding(padded.subarray(length), length);
      this.body(type, padded.subarray(0, length));
    }
    if (name === 'END' || name === 'CHECKPOINT') this.checkGuest();
    return name;
  }

  /** Records of incremental saves. A base is a whole stream; of what builds upon one nothing can be restored by itself. */
  private async snapshot(type: number, length: number): Promise<void> {
    this.unknownBefore = false;
    if (type === SNAPSHOT_RECORD) {
      const message =
        'an incremental save, which holds only what the guest wrote since the save before: merge the two first';
      this.error('incremental-save', message, this.recordAt);
    }
    const padded = await this.reader.read(length + (-length & 7));
    try {
      const place = { index: this.index - 1, offset: this.recordAt, length };
      const body = padded.subarray(0, length);
      const decoded = decodeRecord({ ...place, number: type, body, littleEndian: this.littleEndian });
      const record = { ...decoded, ...place };
      readSnapshot(record);
      readPopulated(record);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      this.error('record-length', error.message, this.recordAt + 4);
    }
  }

  private async unknown(type: number, length: number): Promise<void> {
    const kind = type >= OPTIONAL_RECORD ? 'optional' : 'mandatory';
    this.error('unknown-record', `${kind} record of unknown type 0x${type.toString(16)}`, this.recordAt);
    // Two in a row mean that a wrong length led astray: what follows are no records.
    if (this.unknownBefore) throw new EndOfVerification();
    this.unknownBefore = true;
    await this.reader.skip(length + (-length & 7));
  }

  private async pageData(length: number): Promise<void> {
    const end = this.reader.offset + length + (-length & 7);
    const lengthAt = this.recordAt + 4;
    if (length <= PAGE_DATA.size) {
      this.error('record-length', `body of ${length} bytes has no room for a pfn`, lengthAt);
      return this.reader.skip(end - this.reader.offset);
    }
    const head = await this.reader.read(PAGE_DATA.size);
    this.report(PAGE_DATA.check(head, this.littleEndian), this.recordAt + HEAD, 'page-data');
    const { count } = PAGE_DATA.read(head, this.littleEndian);
    if (count === 0 || PAGE_DATA.size + count * 8 > length) {
      const message = `count ${count} does not fit a body of ${length} bytes`;
      this.error('page-data-count', message, this.recordAt + COUNT_AT);
      return this.reader.skip(end - this.reader.offset);
    }
    const words = (await this.reader.read(count * 8)).slice();
    const entries = this.checkPfns(words);
    const wanted = PAGE_DATA.size + words.length + entries.pages * PAGE_SIZE;
    if (length !== wanted) {
      const message = `body of ${length} bytes, must be ${wanted} for ${count} pfns and ${entries.pages} pages`;
      this.error('page-data-length', message, lengthAt);
      return this.reader.skip(end - this.reader.offset);
    }
    this.stats.pages += entries.pages;
    await this.readTables(entries.tables);
    await this.reader.skip(end - this.reader.offset);
  }

  /** Checks each pfn word; answers the pages, and which of them are page tables of level 2 to 4. */
  private checkPfns(words: Uint8Array): { pages: number; tables: { pfn: number; page: number }[] } {
    const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
    const [lowAt, highAt] = this.littleEndian ? [0, 4] : [4, 0];
    const pv = this.headers?.guestType === 'pv';
    const tables: { pfn: number; page: number }[] = [];
    let pages = 0;
    for (let i = 0; i < words.length / 8; i++) {
      const at = this.recordAt + PFNS_AT + i * 8;
      const high = view.getUint32(i * 8 + highAt, this.littleEndian);
      const pfn = (high & PFN_HIGH) * TWO_32 + view.getUint32(i * 8 + lowAt, this.littleEndian);
      const type = high >>> 28;
      if ((high & PFN_RESERVED) !== 0) this.error('pfn-reserved-bits', `reserved bits set in pfn[${i}]`, at);
      if (!isKnownPageType(type)) this.error('page-type', `pfn[${i}] has the reserved page type ${type}`, at);
      if (pv && this.maxPfn !== undefined && pfn > this.maxPfn) {
        const message = `pfn[${i}] 0x${pfn.toString(16)} is beyond the last of P2M_FRAMES, 0x${this.maxPfn.toString(16)}`;
        this.error('pfn-range', message, at);
      } else if (pv) {
        this.pageTables.note(pfn, type);
        if (pageTableLevel(type) >= 2) tables.push({ pfn, page: pages });
      }
      if (hasPageData(type)) pages++;
    }
    return { pages, tables };
  }

  private async readTables(tables: readonly { pfn: number; page: number }[]): Promise<void> {
    let page = 0;
    for (const table of tables) {
      await this.reader.skip((table.page - page) * PAGE_SIZE);
      this.pageTables.content(table.pfn, await this.reader.read(PAGE_SIZE));
      page = table.page + 1;
    }
  }

  private body(type: number, body: Uint8Array): void {
    const name = libxcRecordName(type);
    if (name === undefined) return;
    if (name === 'TOOLSTACK' || name === 'CHECKPOINT_DIRTY_PFN_LIST') {
      const why = name === 'TOOLSTACK' ? 'is deprecated' : 'belongs to the back channel';
      this.error('misplaced-record', `${name} ${why}`, this.recordAt);
    }
    const layout = LIBXC_LAYOUT[name];
    if (body.length >= layout.size) this.report(layout.check(body, this.littleEndian), this.recordAt + HEAD, 'record');
    const record = this.decode(type, body);
    if (record !== undefined) this.record(record, body);
  }

  private decode(number: number, body: Uint8Array): PlainLibxcRecord | undefined {
    const { index, littleEndian, recordAt: offset } = this;
    try {
      return decodeRecord({ number, index: index - 1, offset, body, littleEndian });
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      this.error(error.rule, error.detail, error.offset);
      return undefined;
    }
  }

  private record(record: PlainLibxcRecord, body: Uint8Array): void {
    switch (record.type) {
      case 'X86_PV_INFO':
        this.pv ??= record;
        break;
      case 'X86_PV_P2M_FRAMES':
        this.p2mFrames(record);
        break;
      case 'X86_PV_VCPU_BASIC':
      case 'X86_PV_VCPU_EXTENDED':
      case 'X86_PV_VCPU_XSAVE':
      case 'X86_PV_VCPU_MSRS': {
        if (record.data.length === 0) this.warning('empty-record', `${record.type} without content`, this.recordAt);
        else {
          const wrong = checkVcpuSize(record.type, record.data.length, this.pv?.guestWidth);
          if (wrong !== undefined) this.error('vcpu-length', wrong, this.recordAt + 4);
        }
        this.order?.takeVcpu(record.type, record.vcpu);
        break;
      }
      case 'HVM_PARAMS':
        if (record.params.length === 0) this.warning('empty-record', 'HVM_PARAMS without parameters', this.recordAt);
        break;
      case 'HVM_CONTEXT': {
        const wrong = checkHvmContext(body, this.littleEndian);
        if (wrong !== undefined) this.error(wrong.rule, wrong.message, this.recordAt + HEAD + wrong.at);
        break;
      }
      default:
        break;
    }
  }

  private p2mFrames(record: Extract<PlainLibxcRecord, { type: 'X86_PV_P2M_FRAMES' }>): void {
    const { startPfn, endPfn, frames } = record;
    if (startPfn > endPfn) {
      this.error(
        'p2m-frames-range',
        `range 0x${startPfn.toString(16)} to 0x${endPfn.toString(16)}`,
        this.recordAt + HEAD,
      );
      return;
    }
    this.maxPfn = Math.max(this.maxPfn ?? 0, endPfn);
    if (this.pv === undefined) return;
    const perFrame = PAGE_SIZE / this.pv.guestWidth;
    const wanted = Math.floor(endPfn / perFrame) - Math.floor(startPfn / perFrame) + 1;
    if (frames.length === wanted) return;
    const at = this.recordAt + HEAD + X86_PV_P2M_FRAMES.offsetOf('end_pfn');
    this.error('p2m-frames-count', `${frames.length} frames, must be ${wanted} for that range`, at);
  }

  /** The guest as it is at a checkpoint or the end. */
  private checkGuest(): void {
    if (this.headers?.guestType !== 'pv' || this.pv === undefined) return;
    if (this.pageTables.scattered) {
      const message = 'the pfns are spread too thinly: page tables were not followed';
      this.warning('page-tables-not-checked', message, this.recordAt);
    }
    const spec = libxcSpec('PAGE_DATA');
    for (const { table, level, entry, lost, lostType } of this.pageTables.lost(this.pv.ptLevels)) {
      const message =
        `lost page table: entry ${entry} of the L${level} page table at pfn 0x${table.toString(16)} points to ` +
        `pfn 0x${lost.toString(16)}, which must be an L${level - 1} page table and is ${lostType}; ` +
        'a guest restored from this stream will crash';
      this.findings.warning({ ...this.place, spec, offset: this.recordAt, rule: 'lost-page-table', message });
    }
    const vcpu0 = this.order?.hasVcpu('X86_PV_VCPU_BASIC', 0) === true;
    if (this.pv.guestWidth === 8 && vcpu0 && !this.order?.hasVcpu('X86_PV_VCPU_XSAVE', 0)) {
      const message = 'no X86_PV_VCPU_XSAVE of vcpu 0: a 64-bit guest that used xsave crashes soon after its restore';
      this.warning('no-xsave', message, this.recordAt);
    }
  }

  private checkPadding(padding: Uint8Array, length: number): void {
    const at = padding.findIndex((byte) => byte !== 0);
    if (at >= 0) this.error('padding', 'padding that is not zero', this.recordAt + HEAD + length + at);
  }

  private enter(type: number, offset: number): void {
    this.recordAt = offset;
    const name = libxcRecordName(type);
    const shown = name ?? snapshotRecordName(withoutFlag(type)) ?? `0x${type.toString(16)}`;
    const record = { index: this.index, type, name: shown };
    const spec = name === undefined ? RECORD_HEADER.spec : LIBXC_LAYOUT[name].spec;
    this.place = this.reader.place = { layer: 'libxc', record, spec };
  }

  private placed(error: unknown): unknown {
    if (!(error instanceof StreamError)) return error;
    const { code, offset, rule, detail } = error;
    return new StreamError(detail, { ...this.place, code, offset, rule });
  }

  private report(
    violations: readonly { field: string; at: number; message: string }[],
    start: number,
    prefix: string,
  ): void {
    for (const { field, at, message } of violations) this.error(`${prefix}-${field}`, message, start + at);
  }

  private error(rule: string, message: string, offset: number): void {
    this.findings.error({ ...this.place, offset, rule, message });
  }

  private warning(rule: string, message: string, offset: number): void {
    this.findings.warning({ ...this.place, offset, rule, message });
  }
}

function withoutFlag(type: number): number {
  return type & ~OPTIONAL_RECORD;
}
