import { HVM_CPU } from '../../x86/registers.js';

/** The records of an HVM context (Xen's public arch-x86/hvm/save.h): how many there are of each and how long they are. */
interface RecordKind {
  readonly name: string;
  readonly type: number;
  /** Instances: this many, or one for each vcpu. */
  readonly instances: number | 'vcpu';
  /** Bytes that are accepted; the last is what this host writes. Empty: any, up to MAX_VARIABLE. */
  readonly sizes: readonly number[];
  /** Made for a new domain. */
  readonly fresh: boolean;
  /** Of a device that Xen emulates for HVM guests, and PVH ones do not have. */
  readonly pc?: true;
}

/** The kinds of guests that have such records. */
export type HvmKind = 'hvm' | 'pvh';

const MAX_VARIABLE = 16384;

export const HVM_RECORDS: readonly RecordKind[] = [
  { name: 'HEADER', type: 1, instances: 1, sizes: [24], fresh: true },
  { name: 'CPU', type: 2, instances: 'vcpu', sizes: [1016, 1024, HVM_CPU.size], fresh: false },
  { name: 'PIC', type: 3, instances: 2, sizes: [8], fresh: true, pc: true },
  { name: 'IOAPIC', type: 4, instances: 1, sizes: [400], fresh: true, pc: true },
  { name: 'LAPIC', type: 5, instances: 'vcpu', sizes: [16, 32, 24], fresh: true },
  { name: 'LAPIC_REGS', type: 6, instances: 'vcpu', sizes: [1024], fresh: true },
  { name: 'PCI_IRQ', type: 7, instances: 1, sizes: [16], fresh: true },
  { name: 'ISA_IRQ', type: 8, instances: 1, sizes: [8], fresh: true },
  { name: 'PCI_LINK', type: 9, instances: 1, sizes: [8], fresh: true },
  { name: 'PIT', type: 10, instances: 1, sizes: [56], fresh: true, pc: true },
  { name: 'RTC', type: 11, instances: 1, sizes: [24], fresh: true, pc: true },
  { name: 'HPET', type: 12, instances: 1, sizes: [1048], fresh: true, pc: true },
  { name: 'PMTIMER', type: 13, instances: 1, sizes: [8], fresh: true, pc: true },
  { name: 'MTRR', type: 14, instances: 'vcpu', sizes: [240], fresh: true },
  { name: 'VIRIDIAN_DOMAIN', type: 15, instances: 1, sizes: [24, 32], fresh: false },
  { name: 'CPU_XSAVE', type: 16, instances: 'vcpu', sizes: [], fresh: false },
  { name: 'VIRIDIAN_VCPU', type: 17, instances: 'vcpu', sizes: [8, 16, 216], fresh: false },
  { name: 'VMCE_VCPU', type: 18, instances: 'vcpu', sizes: [8, 24, 32], fresh: true },
  { name: 'TSC_ADJUST', type: 19, instances: 'vcpu', sizes: [8], fresh: true },
  { name: 'CPU_MSR', type: 20, instances: 'vcpu', sizes: [], fresh: false },
];

const KINDS = new Map(HVM_RECORDS.map((kind) => [kind.type, kind]));
const DESCRIPTOR = 8;
const END = 0;
export const HEADER_RECORD = 1;
export const CPU_RECORD = 2;
const MAGIC = 0x5438_1286;

interface StoredRecord {
  readonly type: number;
  readonly instance: number;
  readonly body: Uint8Array;
}

/** An HVM context that can't be loaded. */
export class HvmContextError extends Error {
  override readonly name = 'HvmContextError';
}

/** The state that Xen keeps of an HVM domain beside its memory, record by record. CPU registers live in the vcpus. */
export class HvmRecords {
  private readonly records = new Map<number, StoredRecord>();

  /** A new domain's. */
  static fresh(vcpus: number, guest: HvmKind): HvmRecords {
    const made = new HvmRecords();
    for (const { type, instances, sizes, fresh, pc } of HVM_RECORDS) {
      if (!fresh || (pc && guest === 'pvh')) continue;
      const count = instances === 'vcpu' ? vcpus : instances;
      for (let instance = 0; instance < count; instance++) {
        made.set({ type, instance, body: new Uint8Array(sizes[sizes.length - 1]!) });
      }
    }
    return made;
  }

  set(record: StoredRecord): void {
    this.records.set(record.type * 2 ** 16 + record.instance, record);
  }

  /** The whole context: all records by type and instance, CPU records from `cpu`, the header from `header`. */
  encode(header: Uint8Array, cpus: ReadonlyMap<number, Uint8Array>): Uint8Array {
    const all = [...this.records.values()].filter(({ type }) => type !== HEADER_RECORD && type !== CPU_RECORD);
    for (const [instance, body] of cpus) all.push({ type: CPU_RECORD, instance, body });
    all.push({ type: HEADER_RECORD, instance: 0, body: header });
    all.sort((a, b) => a.type - b.type || a.instance - b.instance);
    all.push({ type: END, instance: 0, body: new Uint8Array(0) });
    const bytes = new Uint8Array(all.reduce((sum, { body }) => sum + DESCRIPTOR + body.length, 0));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const { type, instance, body } of all) {
      view.setUint16(at, type, true);
      view.setUint16(at + 2, instance, true);
      view.setUint32(at + 4, body.length, true);
      bytes.set(body, at + DESCRIPTOR);
      at += DESCRIPTOR + body.length;
    }
    return bytes;
  }
}

/**
 * Takes a context apart and checks it whole, before anything is loaded.
 *
 * @throws HvmContextError naming the record and where it lies
 */
export function parseHvmContext(context: Uint8Array, vcpus: number, guest: HvmKind): StoredRecord[] {
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  const records: StoredRecord[] = [];
  for (let at = 0; ; ) {
    if (at + DESCRIPTOR > context.length)
      throw new HvmContextError(`ends at byte ${context.length} without an END record`);
    const type = view.getUint16(at, true);
    const instance = view.getUint16(at + 2, true);
    const length = view.getUint32(at + 4, true);
    const fail = (why: string) => new HvmContextError(`record ${type} instance ${instance} at byte ${at}: ${why}`);
    if (at + DESCRIPTOR + length > context.length) throw fail(`its ${length} bytes reach past the end`);
    const body = context.slice(at + DESCRIPTOR, at + DESCRIPTOR + length);
    if (records.length === 0) checkHeader(type, body, fail);
    if (type === END) {
      if (length !== 0) throw fail('an END record has no body');
      return records;
    }
    const kind = KINDS.get(type);
    if (kind === undefined) throw fail('no such type');
    if (kind.pc && guest === 'pvh') throw fail(`a PVH guest has no ${kind.name}`);
    const count = kind.instances === 'vcpu' ? vcpus : kind.instances;
    if (instance >= count) throw fail(`${kind.name} has ${count} instances here`);
    const sized = kind.sizes.length === 0 ? length <= MAX_VARIABLE : kind.sizes.includes(length);
    if (!sized) throw fail(`${length} bytes are no ${kind.name}`);
    records.push({ type, instance, body });
    at += DESCRIPTOR + length;
  }
}

function checkHeader(type: number, body: Uint8Array, fail: (why: string) => HvmContextError): void {
  if (type !== HEADER_RECORD) throw fail('a context begins with its HEADER');
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < 8 || view.getUint32(0, true) !== MAGIC) throw fail('bad magic');
  if (view.getUint32(4, true) !== 1) throw fail(`version ${view.getUint32(4, true)} is not known`);
}

const HEADER_SIZE = 24;
const GTSC_KHZ = 20;

/** The guest's TSC frequency as a header says it; 0 where it says none. */
export function headerKhz(header: Uint8Array): number {
  if (header.length < HEADER_SIZE) return 0;
  return new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(GTSC_KHZ, true);
}

/** The header that this host writes. */
export function hvmHeader(cpuid: number, khz: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, 1, true);
  view.setUint32(16, cpuid, true);
  view.setUint32(GTSC_KHZ, khz, true);
  return bytes;
}
