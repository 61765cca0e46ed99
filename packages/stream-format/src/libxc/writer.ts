import type { ByteSink } from '../bytes/byte-sink.js';
import { writeFrames } from './frames.js';
import * as layouts from './layouts.js';
import { hasPageData, isKnownPageType } from './page-types.js';
import { LIBXC_RECORD, OPTIONAL_RECORD } from './record-types.js';
import type { LibxcHeaders, PlainLibxcRecord } from './records.js';

const NO_PADDING = new Uint8Array(0);
const PADDING = new Uint8Array(8);

/** Writes one libxc stream. Nothing is held back: when a call resolves, the sink has its bytes. */
export class LibxcWriter {
  private littleEndian = true;
  private written = 0;
  private heads = new Uint8Array(0);

  /** `endian`: for a writer that goes on with a stream whose headers are written. */
  constructor(
    private readonly sink: ByteSink,
    options: { readonly endian?: 'little' | 'big' } = {},
  ) {
    this.littleEndian = options.endian !== 'big';
  }

  get bytesWritten(): number {
    return this.written;
  }

  async headers(headers: LibxcHeaders): Promise<void> {
    this.littleEndian = headers.endian === 'little';
    const image = layouts.IMAGE_HEADER.write(
      { version: headers.version, options: this.littleEndian ? 0 : 1 },
      this.littleEndian,
    );
    const domain = layouts.DOMAIN_HEADER.write(
      {
        type: headers.guestType === 'pv' ? 1 : 2,
        page_shift: headers.pageShift,
        xen_major: headers.xenMajor,
        xen_minor: headers.xenMinor,
      },
      this.littleEndian,
    );
    await this.write([image, domain]);
  }

  async record(record: PlainLibxcRecord): Promise<void> {
    const parts = bodyOf(record, this.littleEndian);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    await this.write([this.header(numberOf(record), length), ...parts, paddingOf(length)]);
  }

  /**
   * A PAGE_DATA record in one write. `pages` holds the pages of those pfns whose type has data, in their order; each
   * part may be a run of several pages.
   * @throws RangeError where pages and types don't agree, or the record would be too long
   */
  async pageData(pfns: ArrayLike<number>, types: ArrayLike<number>, pages: readonly Uint8Array[]): Promise<void> {
    const count = pfns.length;
    if (count === 0 || types.length !== count) throw new RangeError(`${count} pfns with ${types.length} types`);
    const wanted = dataPages(types) * layouts.PAGE_SIZE;
    const given = pages.reduce((sum, part) => sum + part.length, 0);
    if (given !== wanted) throw new RangeError(`${given} bytes of pages, ${wanted} wanted`);
    const fixed = layouts.RECORD_HEADER.size + layouts.PAGE_DATA.size;
    const head = this.headMemory(fixed + count * 8);
    head.set(this.header(LIBXC_RECORD.PAGE_DATA, head.length - layouts.RECORD_HEADER.size + given));
    head.set(layouts.PAGE_DATA.write({ count }, this.littleEndian), layouts.RECORD_HEADER.size);
    writeFrames(head.subarray(fixed), pfns, this.littleEndian, types);
    await this.write([head, ...pages]);
  }

  /** For one record: the sink has done with it when the next is written. */
  private headMemory(size: number): Uint8Array {
    if (this.heads.length < size) this.heads = new Uint8Array(size);
    return this.heads.subarray(0, size);
  }

  private header(type: number, length: number): Uint8Array {
    if (length > layouts.REC_LENGTH_MAX) throw new RangeError(`a record of ${length} bytes is too long`);
    return layouts.RECORD_HEADER.write({ type, length }, this.littleEndian);
  }

  private async write(parts: readonly Uint8Array[]): Promise<void> {
    const full = parts.filter((part) => part.length > 0);
    await this.sink.writev(full);
    for (const part of full) this.written += part.length;
  }
}

function dataPages(types: ArrayLike<number>): number {
  let pages = 0;
  for (let i = 0; i < types.length; i++) {
    const type = types[i] ?? -1;
    if (!isKnownPageType(type)) throw new RangeError(`${type} is no page type`);
    if (hasPageData(type)) pages++;
  }
  return pages;
}

function numberOf(record: PlainLibxcRecord): number {
  if (record.type !== 'UNKNOWN') return LIBXC_RECORD[record.type];
  return ((record.optional ? OPTIONAL_RECORD : 0) | record.number) >>> 0;
}

function paddingOf(length: number): Uint8Array {
  return length % 8 === 0 ? NO_PADDING : PADDING.subarray(0, -length & 7);
}

function bodyOf(record: PlainLibxcRecord, little: boolean): Uint8Array[] {
  switch (record.type) {
    case 'END':
    case 'VERIFY':
    case 'CHECKPOINT':
    case 'STATIC_DATA_END':
      return [];
    case 'X86_PV_INFO':
      return [layouts.X86_PV_INFO.write({ guest_width: record.guestWidth, pt_levels: record.ptLevels }, little)];
    case 'X86_PV_P2M_FRAMES': {
      const { startPfn: start_pfn, endPfn: end_pfn } = record;
      return [layouts.X86_PV_P2M_FRAMES.write({ start_pfn, end_pfn }, little), frameWords(record.frames, little)];
    }
    case 'X86_PV_VCPU_BASIC':
    case 'X86_PV_VCPU_EXTENDED':
    case 'X86_PV_VCPU_XSAVE':
    case 'X86_PV_VCPU_MSRS':
      return [layouts.X86_PV_VCPU.write({ vcpu_id: record.vcpu }, little), record.data];
    case 'X86_TSC_INFO':
      return [layouts.X86_TSC_INFO.write(record, little)];
    case 'HVM_PARAMS':
      return [
        layouts.HVM_PARAMS.write({ count: record.params.length }, little),
        ...record.params.map(({ index, value }) =>
          layouts.HVM_PARAM_ENTRY.write({ index: BigInt(index), value }, little),
        ),
      ];
    case 'CHECKPOINT_DIRTY_PFN_LIST':
      return [frameWords(record.pfns, little)];
    case 'SHARED_INFO':
    case 'HVM_CONTEXT':
    case 'TOOLSTACK':
    case 'X86_CPUID_POLICY':
    case 'X86_MSR_POLICY':
    case 'UNKNOWN':
      return [record.data];
  }
}

function frameWords(frames: Float64Array, little: boolean): Uint8Array {
  const words = new Uint8Array(frames.length * 8);
  writeFrames(words, frames, little);
  return words;
}
