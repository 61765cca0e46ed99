import {
  type ByteReader,
  hasPageData,
  type LibxcHeaders,
  type LibxcRecord,
  PAGE_TYPE,
  streamEvents,
} from '@xen-migration/stream-format';
import { u32 } from './bytes.js';
import { emulatorState } from './guest.js';
import {
  type LegacyVcpu,
  LegacyWriter,
  LOST_PAGE,
  legacyXlHeader,
  type PhysmapEntry,
  pageWord,
  type Width,
  XC_SAVE_ID,
} from './legacy-writer.js';

/** A v2 stream's guest as the save code of Xen 4.5 would have written it. */
export interface LegacyOfV2 {
  readonly guestType: 'pv' | 'hvm';
  /** The stream by itself. */
  readonly stream: Buffer;
  /** The same behind the header of a save file of xl 4.5, where the v2 stream had one. */
  readonly file: Buffer;
  /** What the old format has no place for, record by record, in the words of the v2 format. */
  readonly lost: readonly string[];
}

/** HVM parameters that the old format has a chunk or a fixed place for (public/hvm/params.h). */
const CHUNK_OF_PARAM: Readonly<Record<number, number>> = {
  9: XC_SAVE_ID.HVM_VIRIDIAN,
  12: XC_SAVE_ID.HVM_IDENT_PT,
  15: XC_SAVE_ID.HVM_VM86_TSS,
  17: XC_SAVE_ID.HVM_CONSOLE_PFN,
  19: XC_SAVE_ID.HVM_ACPI_IOPORTS_LOCATION,
  27: XC_SAVE_ID.HVM_PAGING_RING_PFN,
  28: XC_SAVE_ID.HVM_MONITOR_RING_PFN,
  29: XC_SAVE_ID.HVM_SHARING_RING_PFN,
  32: XC_SAVE_ID.HVM_IOREQ_SERVER_PFN,
  33: XC_SAVE_ID.HVM_NR_IOREQ_SERVER_PAGES,
  34: XC_SAVE_ID.HVM_GENERATION_ID_ADDR,
};
const STORE_PFN = 1;
const IOREQ_PFN = 5;
const BUFIOREQ_PFN = 6;
const EXTENDED_CONTEXT = 128;
const PAGE = 4096;

/**
 * Reads a v2 stream, which is taken into memory whole, and writes its contents in the layout of a toolstack of that
 * width.
 */
export async function legacyFromV2(reader: ByteReader, width: Width): Promise<LegacyOfV2> {
  const guest = new SavedGuest(width);
  for await (const event of streamEvents(reader)) {
    if (event.kind === 'xl-header') guest.config = event.header.config;
    if (event.kind === 'libxc-header') guest.headers = event.header;
    if (event.kind === 'libxc-record') await guest.take(event.record);
    if (event.kind === 'libxl-record' && 'data' in event.record)
      guest.takeEmulator(event.record.type, event.record.data);
  }
  return guest.legacy();
}

interface SavedVcpu {
  basic?: Buffer;
  extended?: Buffer;
  xsave?: Buffer;
}

/** A guest as its v2 records tell it, until all of it is known: the old format begins with what v2 says at the end. */
class SavedGuest {
  config: string | undefined;
  headers: LibxcHeaders | undefined;
  private readonly batches: Buffer[] = [];
  private p2m: { readonly end: number; readonly frames: readonly number[] } | undefined;
  private readonly vcpus = new Map<number, SavedVcpu>();
  private readonly params = new Map<number, bigint>();
  private tsc: LibxcRecord | undefined;
  private hvmContext = Buffer.alloc(0);
  private sharedInfo = Buffer.alloc(0);
  private physmap: PhysmapEntry[] = [];
  private emulator: Buffer | undefined;
  private highestPfn = 0;
  private readonly lost = new Set<string>();

  constructor(private readonly width: Width) {}

  async take(record: LibxcRecord): Promise<void> {
    switch (record.type) {
      case 'PAGE_DATA':
        return this.takePages(record);
      case 'X86_PV_P2M_FRAMES':
        this.p2m = { end: record.endPfn, frames: [...record.frames] };
        return;
      case 'X86_PV_VCPU_BASIC':
        this.vcpu(record.vcpu).basic = Buffer.from(record.data);
        return;
      case 'X86_PV_VCPU_EXTENDED':
        this.vcpu(record.vcpu).extended = Buffer.concat([
          record.data,
          Buffer.alloc(EXTENDED_CONTEXT - record.data.length),
        ]);
        return;
      case 'X86_PV_VCPU_XSAVE':
        this.vcpu(record.vcpu).xsave = Buffer.from(record.data);
        return;
      case 'X86_TSC_INFO':
        this.tsc = record;
        return;
      case 'HVM_PARAMS':
        for (const { index, value } of record.params) this.params.set(Number(index), value);
        return;
      case 'HVM_CONTEXT':
        this.hvmContext = Buffer.from(record.data);
        return;
      case 'SHARED_INFO':
        this.sharedInfo = Buffer.from(record.data);
        return;
      // They say nothing of the guest that the old format does not say in another way.
      case 'X86_PV_INFO':
      case 'STATIC_DATA_END':
      case 'END':
        return;
      default:
        this.lost.add(record.type);
    }
  }

  takeEmulator(type: string, data: Uint8Array): void {
    if (type === 'EMULATOR_CONTEXT') this.emulator = Buffer.from(data);
    else if (type === 'EMULATOR_XENSTORE_DATA')
      this.takeXenstore(Buffer.from(data).toString('latin1').split('\0').slice(0, -1));
  }

  legacy(): LegacyOfV2 {
    const guestType = this.headers?.guestType ?? 'hvm';
    const writer = new LegacyWriter(this.width);
    writer.p2mSize(this.p2m === undefined ? this.highestPfn + 1 : this.p2m.end + 1);
    if (guestType === 'pv') this.writePvHead(writer);
    writer.raw(...this.batches);
    if (this.tsc?.type === 'X86_TSC_INFO')
      writer.tscInfo(this.tsc.mode, this.tsc.nsec, this.tsc.khz, this.tsc.incarnation);
    const online = guestType === 'pv' ? [...this.vcpus.keys()].sort((a, b) => a - b) : [0];
    writer.vcpuInfo(Math.max(...online), online);
    this.writeParams(writer);
    if (guestType === 'hvm') writer.toolstack(this.physmap);
    writer.lastCheckpoint().endOfBody();
    if (guestType === 'pv') this.writePvTail(writer, online);
    else this.writeHvmTail(writer);
    const stream = writer.bytes();
    const file = Buffer.concat([legacyXlHeader(this.config ?? '', true), stream]);
    return { guestType, stream, file, lost: [...this.lost].sort() };
  }

  private async takePages({ pfns, types, body }: LibxcRecord & { type: 'PAGE_DATA' }): Promise<void> {
    const words = [...pfns].map((pfn, i) => this.word(pfn, types[i] ?? 0));
    // As the old sender: of a batch in which it could map nothing it said nothing.
    if (words.every((word) => word === LOST_PAGE)) return;
    const contents = Buffer.alloc(types.filter((type) => hasPageData(type)).length * PAGE);
    await body.readInto([contents]);
    this.batches.push(new LegacyWriter(this.width).batch(words, [contents]).bytes());
  }

  private word(pfn: number, type: number): number {
    if (type === PAGE_TYPE.XTAB) {
      this.lost.add('pfns of type XTAB');
      return LOST_PAGE;
    }
    this.highestPfn = Math.max(this.highestPfn, pfn);
    return pageWord(pfn, type);
  }

  private vcpu(id: number): SavedVcpu {
    const known = this.vcpus.get(id);
    if (known !== undefined) return known;
    const fresh: SavedVcpu = {};
    this.vcpus.set(id, fresh);
    return fresh;
  }

  /** Keys and values in turn: physmap/PHYS/{start_addr,size,name}. */
  private takeXenstore(texts: readonly string[]): void {
    const found = new Map<string, Record<string, string>>();
    for (let i = 0; i + 1 < texts.length; i += 2) {
      const [root, phys = '', field = ''] = (texts[i] ?? '').split('/');
      if (root === 'physmap') found.set(phys, { ...found.get(phys), [field]: texts[i + 1] ?? '' });
      else this.lost.add(`emulator xenstore data ${texts[i]}`);
    }
    const number = (hex: string | undefined) => BigInt(`0x${hex ?? '0'}`);
    this.physmap = [...found].map(([phys, { start_addr, size, name = '' }]) => ({
      phys: number(phys),
      start: number(start_addr),
      size: number(size),
      name,
    }));
  }

  private writePvHead(writer: LegacyWriter): void {
    const first = [...this.vcpus.values()][0] ?? {};
    const blocks: [string, Uint8Array][] = [['vcpu', first.basic ?? Buffer.alloc(0)]];
    if (first.extended !== undefined) blocks.push(['extv', Buffer.alloc(0)]);
    if (first.xsave !== undefined) blocks.push(['xcnt', u32(first.xsave.length + 16)]);
    writer.extendedInfo(blocks).p2mFrames(this.p2m?.frames ?? []);
  }

  private writePvTail(writer: LegacyWriter, online: readonly number[]): void {
    const states = online.map((id): LegacyVcpu => {
      const { basic = Buffer.alloc(0), extended, xsave } = this.vcpu(id);
      return {
        context: basic,
        ...(extended === undefined ? {} : { extended }),
        ...(xsave === undefined ? {} : { xsave }),
      };
    });
    writer.pvTail([], states, this.sharedInfo);
  }

  private writeParams(writer: LegacyWriter): void {
    for (const [index, value] of this.params) {
      if (index === STORE_PFN || index === IOREQ_PFN || index === BUFIOREQ_PFN) continue;
      const chunk = CHUNK_OF_PARAM[index];
      if (chunk !== undefined) writer.hvmParam(chunk, value);
      else this.lost.add(`HVM parameter ${index}`);
    }
  }

  private writeHvmTail(writer: LegacyWriter): void {
    const param = (index: number) => this.params.get(index) ?? 0n;
    writer.hvmTail([param(IOREQ_PFN), param(BUFIOREQ_PFN), param(STORE_PFN)], this.hvmContext);
    // An old HVM guest always had a device model; this one may come from a host without.
    writer.deviceModel(this.emulator ?? emulatorState('upstream'));
  }
}
