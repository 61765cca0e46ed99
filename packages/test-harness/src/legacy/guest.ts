import { filled, i32, u32 } from './bytes.js';
import {
  type LegacyVcpu,
  LegacyWriter,
  LOST_PAGE,
  type PhysmapEntry,
  pageWord,
  type Width,
  XC_SAVE_ID,
} from './legacy-writer.js';

export type GuestKind = 'pv32' | 'pv64' | 'hvm';

/** How the guest's memory comes: each a way of batches that old senders had, or could have had. */
export const MEMORY = {
  /** Plain pages, a few batches. */
  plain: 'plain',
  /** A batch for each page. */
  single: 'single',
  /** Every page type; for HVM guests those that they have. */
  types: 'types',
  /** Pages that are lost, broken or without contents, among others. */
  holes: 'holes',
  /** The same pages again and again, as in a live migration. */
  live: 'live',
  /** No page at all. */
  none: 'none',
} as const;
export type Memory = keyof typeof MEMORY;

/** What is said of a guest that is put together; each part stands for itself. */
export interface GuestSpec {
  readonly width: Width;
  readonly kind: GuestKind;
  readonly memory: Memory;
  /** Numbers of the online vcpus. */
  readonly vcpus: readonly number[];
  /** The extended context of each vcpu. */
  readonly extv?: boolean;
  /** Bytes of xsave data of each vcpu; 0 for none. */
  readonly xsave?: number;
  readonly tsc?: boolean;
  /** Pages are sent again after the mark for verification (xl migrate --debug). */
  readonly verify?: boolean;
  readonly lastCheckpoint?: boolean;
  /** Which HVM parameters have chunks. */
  readonly params?: 'none' | 'usual' | 'all';
  /** Entries of the toolstack's record; undefined for no record. */
  readonly physmap?: readonly PhysmapEntry[];
  readonly unmapped?: readonly number[];
  readonly emulator?: 'traditional' | 'upstream';
}

export const PAGE = 4096;
const P2M_SIZE = 0x1800;
const CONTEXT_SIZE = { pv32: 0xaf0, pv64: 0x1430 } as const;

const USUAL_PARAMS = ['HVM_IDENT_PT', 'HVM_VM86_TSS', 'HVM_CONSOLE_PFN', 'HVM_ACPI_IOPORTS_LOCATION'] as const;
const ALL_PARAMS = [
  'HVM_GENERATION_ID_ADDR',
  'HVM_IDENT_PT',
  'HVM_PAGING_RING_PFN',
  'HVM_MONITOR_RING_PFN',
  'HVM_SHARING_RING_PFN',
  'HVM_VM86_TSS',
  'HVM_CONSOLE_PFN',
  'HVM_ACPI_IOPORTS_LOCATION',
  'HVM_VIRIDIAN',
  'HVM_IOREQ_SERVER_PFN',
  'HVM_NR_IOREQ_SERVER_PAGES',
] as const;

export const VIDEO_MEMORY: readonly PhysmapEntry[] = [
  { phys: 0x1_0000_0000n, start: 0xf000_0000n, size: 0x80_0000n, name: 'vga.vram' },
];
export const TWO_DEVICES: readonly PhysmapEntry[] = [
  ...VIDEO_MEMORY,
  { phys: 0x80_0000n, start: 0xf200_0000n, size: 0x4_0000n, name: 'e1000.rom' },
];

/** A whole legacy stream of such a guest. */
export function legacyGuest(spec: GuestSpec): LegacyWriter {
  const writer = new LegacyWriter(spec.width);
  writer.p2mSize(P2M_SIZE);
  if (spec.kind !== 'hvm') writePvHead(writer, spec, spec.kind);
  writeMemory(writer, spec);
  if (spec.tsc) writer.tscInfo(1, 0x1_2345_6789n, 2_400_000, 3);
  if (spec.verify) {
    writer.chunk(XC_SAVE_ID.ENABLE_VERIFY_MODE);
    writeMemory(writer, spec);
  }
  writer.vcpuInfo(Math.max(...spec.vcpus), spec.vcpus);
  writeParams(writer, spec);
  if (spec.physmap !== undefined) writer.toolstack(spec.physmap);
  if (spec.lastCheckpoint !== false) writer.lastCheckpoint();
  writer.endOfBody();
  if (spec.kind === 'hvm') {
    writer.hvmTail([0xfeff0n, 0xfeff1n, 0xfeffcn], hvmContext());
    if (spec.emulator !== undefined) writer.deviceModel(emulatorState(spec.emulator));
  } else {
    const { kind } = spec;
    const vcpus = spec.vcpus.map((id) => vcpuState(spec, kind, id));
    writer.pvTail(spec.unmapped ?? [], vcpus, filled(PAGE, 99));
  }
  return writer;
}

function writePvHead(writer: LegacyWriter, spec: GuestSpec, kind: 'pv32' | 'pv64'): void {
  const blocks: [string, Uint8Array][] = [['vcpu', filled(CONTEXT_SIZE[kind], 1)]];
  if (spec.extv) blocks.push(['extv', new Uint8Array(0)]);
  if (spec.xsave) blocks.push(['xcnt', u32(spec.xsave + 16)]);
  writer.extendedInfo(blocks);
  const perFrame = PAGE / (kind === 'pv64' ? 8 : 4);
  writer.p2mFrames(Array.from({ length: P2M_SIZE / perFrame }, (_, i) => 0x40 + i));
}

function writeMemory(writer: LegacyWriter, { kind, memory }: GuestSpec): void {
  switch (memory) {
    case 'none':
      break;
    case 'plain':
      writePlain(writer, 0, 3);
      writePlain(writer, 3, 2);
      break;
    case 'single':
      for (let pfn = 0; pfn < 4; pfn++) writePlain(writer, pfn, 1);
      break;
    case 'live':
      writePlain(writer, 0, 3);
      writePlain(writer, 1, 2);
      writePlain(writer, 0, 1);
      break;
    case 'types':
      writeTypes(writer, kind);
      break;
    case 'holes':
      writeHoles(writer);
      break;
  }
}

function writePlain(writer: LegacyWriter, from: number, count: number): void {
  const words = Array.from({ length: count }, (_, i) => pageWord(from + i, 0));
  writer.batch(words, [filled(count * PAGE, from)]);
}

function writeHoles(writer: LegacyWriter): void {
  writer.batch([LOST_PAGE, pageWord(2, 0), LOST_PAGE, LOST_PAGE, pageWord(5, 0xd)], [filled(PAGE, 2)]);
  writer.batch([pageWord(7, 0xe), pageWord(8, 0xe), pageWord(9, 0xf)], []);
  writer.batch([pageWord(12, 0), pageWord(11, 0), LOST_PAGE], [filled(2 * PAGE, 3)]);
}

/** Every type that the hypervisor has: plain, four levels of page tables, the same pinned, broken, to be allocated, none. */
function writeTypes(writer: LegacyWriter, kind: GuestKind): void {
  const types = kind === 'hvm' ? [0, 0xd, 0xe, 0xf] : [0, 1, 2, 3, 4, 9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf];
  const words = types.map((type, i) => pageWord(0x100 + i, type));
  const contents = types.filter((type) => type < 0xd).length;
  writer.batch(words, [filled(contents * PAGE, 5)]);
}

function writeParams(writer: LegacyWriter, { kind, params = 'none' }: GuestSpec): void {
  if (kind !== 'hvm' || params === 'none') return;
  for (const [i, name] of (params === 'usual' ? USUAL_PARAMS : ALL_PARAMS).entries()) {
    writer.hvmParam(XC_SAVE_ID[name], 0xfc00_0000n + BigInt(i * PAGE));
  }
}

function vcpuState(spec: GuestSpec, kind: 'pv32' | 'pv64', id: number): LegacyVcpu {
  return {
    context: filled(CONTEXT_SIZE[kind], 10 + id),
    ...(spec.extv ? { extended: filled(128, 11 + id) } : {}),
    ...(spec.xsave ? { xsave: filled(spec.xsave, 12 + id) } : {}),
  };
}

/** A header and an end record: what the hypervisor accepts at least. */
function hvmContext(): Buffer {
  return Buffer.concat([u32(1), u32(24), filled(24, 7), u32(0), u32(0)]);
}

/** Both device models write QEMU's own format, the old one in an older version. */
export function emulatorState(emulator: 'traditional' | 'upstream'): Buffer {
  const version = emulator === 'traditional' ? 2 : 3;
  return Buffer.concat([Buffer.from('QEVM'), Buffer.from([0, 0, 0, version]), i32(1), filled(301, version)]);
}
