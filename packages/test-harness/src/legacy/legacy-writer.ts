import { i32, u32, u64 } from './bytes.js';

export type Width = 32 | 64;

/** Numbers of the chunks (Xen 4.5, tools/libxc/xg_save_restore.h). */
export const XC_SAVE_ID = {
  ENABLE_VERIFY_MODE: -1,
  VCPU_INFO: -2,
  HVM_IDENT_PT: -3,
  HVM_VM86_TSS: -4,
  TMEM: -5,
  TMEM_EXTRA: -6,
  TSC_INFO: -7,
  HVM_CONSOLE_PFN: -8,
  LAST_CHECKPOINT: -9,
  HVM_ACPI_IOPORTS_LOCATION: -10,
  HVM_VIRIDIAN: -11,
  COMPRESSED_DATA: -12,
  ENABLE_COMPRESSION: -13,
  HVM_GENERATION_ID_ADDR: -14,
  HVM_PAGING_RING_PFN: -15,
  HVM_MONITOR_RING_PFN: -16,
  HVM_SHARING_RING_PFN: -17,
  TOOLSTACK: -18,
  HVM_IOREQ_SERVER_PFN: -19,
  HVM_NR_IOREQ_SERVER_PAGES: -20,
} as const;

/** A page that the old sender could not map: its type alone. */
export const LOST_PAGE = 0xf000_0000;
/** A page's type stands above its pfn's 28 bits. */
export const pageWord = (pfn: number, type: number): number => type * 2 ** 28 + pfn;

export interface PhysmapEntry {
  readonly phys: bigint;
  readonly start: bigint;
  readonly size: bigint;
  readonly name: string;
}

export interface LegacyVcpu {
  readonly context: Uint8Array;
  /** 128 bytes. */
  readonly extended?: Uint8Array;
  readonly xsave?: Uint8Array;
}

/** Puts a legacy stream together, section by section, as the save code of Xen 4.5 wrote it; any may be missing or odd. */
export class LegacyWriter {
  /** What each call added. */
  readonly sections: Buffer[] = [];

  constructor(readonly width: Width) {}

  bytes(): Buffer {
    return Buffer.concat(this.sections);
  }

  raw(...parts: readonly Uint8Array[]): this {
    this.sections.push(Buffer.concat(parts));
    return this;
  }

  p2mSize(pages: number | bigint): this {
    return this.raw(this.ulong(pages));
  }

  extendedInfo(blocks: readonly (readonly [id: string, contents: Uint8Array])[]): this {
    const whole = blocks.flatMap(([id, contents]) => [Buffer.from(id, 'latin1'), u32(contents.length), contents]);
    const total = whole.reduce((sum, part) => sum + part.length, 0);
    return this.raw(this.ulong(-1n), u32(total), ...whole);
  }

  p2mFrames(pfns: readonly number[]): this {
    return this.raw(...pfns.map((pfn) => this.ulong(pfn)));
  }

  /** A batch: the words of its pages, then the contents of those that have some. */
  batch(words: readonly number[], pages: readonly Uint8Array[]): this {
    return this.raw(i32(words.length), ...words.map((word) => this.ulong(word)), ...pages);
  }

  chunk(id: number, ...contents: readonly Uint8Array[]): this {
    return this.raw(i32(id), ...contents);
  }

  /** The compiler put four bytes before the value. */
  hvmParam(id: number, value: number | bigint): this {
    return this.chunk(id, u32(0), u64(value));
  }

  tscInfo(mode: number, nsec: bigint, khz: number, incarnation: number): this {
    return this.chunk(XC_SAVE_ID.TSC_INFO, u32(mode), u64(nsec), u32(khz), u32(incarnation));
  }

  vcpuInfo(maxId: number, online: readonly number[]): this {
    const map = Array.from({ length: Math.floor(Math.max(maxId, 0) / 64) + 1 }, () => 0n);
    for (const id of online) map[id >> 6] = (map[id >> 6] ?? 0n) | (1n << BigInt(id & 63));
    return this.chunk(XC_SAVE_ID.VCPU_INFO, i32(maxId), ...map.map(u64));
  }

  /** libxl's record. A 64-bit libxl counted its structure as four bytes longer than where the name begins. */
  toolstack(entries: readonly PhysmapEntry[], version = 1): this {
    const slack = Buffer.alloc(this.width === 64 ? 4 : 0);
    const contents = Buffer.concat([
      u32(version),
      u32(entries.length),
      ...entries.flatMap(({ phys, start, size, name }) => {
        const text = Buffer.from(`${name}\0`);
        return [u64(phys), u64(start), u64(size), u32(text.length), text, slack];
      }),
    ]);
    return this.chunk(XC_SAVE_ID.TOOLSTACK, u32(contents.length), contents);
  }

  lastCheckpoint(): this {
    return this.chunk(XC_SAVE_ID.LAST_CHECKPOINT);
  }

  endOfBody(): this {
    return this.raw(i32(0));
  }

  pvTail(unmapped: readonly number[], vcpus: readonly LegacyVcpu[], sharedInfo: Uint8Array): this {
    this.raw(u32(unmapped.length), ...unmapped.map((pfn) => this.ulong(pfn)));
    for (const { context, extended, xsave } of vcpus) {
      const mask = xsave === undefined ? [] : [u64(7), u64(xsave.length), xsave];
      this.raw(context, ...(extended === undefined ? [] : [extended]), ...mask);
    }
    return this.raw(sharedInfo);
  }

  hvmTail(magic: readonly [ioreq: bigint, bufioreq: bigint, store: bigint], context: Uint8Array): this {
    return this.raw(...magic.map(u64), u32(context.length), context);
  }

  deviceModel(state: Uint8Array, signature = 'DeviceModelRecord0002'): this {
    return this.raw(Buffer.from(signature, 'latin1'), u32(state.length), state);
  }

  /** An unsigned long of the toolstack. */
  private ulong(value: number | bigint): Buffer {
    return this.width === 64 ? u64(value) : u32(Number(BigInt.asUintN(32, BigInt(value))));
  }
}

/** The header of a save file of xl 4.5 (tools/libxl/xl_cmdimpl.c): no flag for version 2, bit 0 where it is JSON. */
export function legacyXlHeader(config: string, json: boolean): Buffer {
  const text = Buffer.from(config);
  return Buffer.concat([
    Buffer.from('Xen saved domain, xl format\n \0 \r', 'latin1'),
    u32(0x0102_0304),
    u32(json ? 1 : 0),
    u32(0),
    u32(4 + text.length),
    u32(text.length),
    text,
  ]);
}
