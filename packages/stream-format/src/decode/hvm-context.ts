import { concatBytes } from '../bytes/concat.js';
import { DecodeError } from './decode-error.js';
import {
  CPU_WITHOUT_TSC_AUX,
  type FixedHvmSaveType,
  HVM_FILE_MAGIC,
  HVM_SAVE_CPU_MSR,
  HVM_SAVE_CPU_XSAVE,
  HVM_SAVE_END,
  HVM_SAVE_TYPES,
} from './hvm-context-records.js';
import { decodeMsrs, encodeMsrs, type Msr } from './msrs.js';
import { type Decoded, encode, type Field, structure, u16, u32, u64, viewOf } from './structure.js';
import { decodeXsaveArea, encodeXsaveArea, type XsaveArea } from './vcpu-xsave.js';

/** struct hvm_save_descriptor (public/hvm/save.h), before each record. */
const DESCRIPTOR = structure({ typecode: u16, instance: u16, length: u32 });
const XSAVE_MASKS = structure({ xfeature_mask: u64, xcr0: u64, xcr0_accum: u64 });
const MSR_COUNT = structure({ count: u32 });
/** Alignment of the MSR list after its count. */
const MSR_LIST_AT = 8;

type FixedRecord = {
  [Type in FixedHvmSaveType]: {
    readonly type: Type;
    readonly instance: number;
    readonly body: Decoded<(typeof HVM_SAVE_TYPES)[Type]['layout']>;
  };
}[FixedHvmSaveType];

/** One save record of an HVM guest. `instance` is the vcpu, or which of several devices. */
export type HvmSaveRecord =
  | FixedRecord
  | { readonly type: 'CPU_XSAVE'; readonly instance: number; readonly body: HvmXsave }
  | { readonly type: 'CPU_MSR'; readonly instance: number; readonly body: { readonly msrs: readonly Msr[] } }
  | { readonly type: 'UNKNOWN'; readonly typecode: number; readonly instance: number; readonly body: Uint8Array };

export interface HvmXsave extends Decoded<typeof XSAVE_MASKS> {
  readonly save_area: XsaveArea;
}

const BY_CODE = new Map<number, FixedHvmSaveType>(
  Object.entries(HVM_SAVE_TYPES).map(([type, { code }]) => [code, type as FixedHvmSaveType]),
);

/**
 * The save records in an HVM_CONTEXT record, without the END that closes them.
 * @throws DecodeError when HEADER is not first, END not last, or a record's length is not its type's
 */
export function decodeHvmContext(data: Uint8Array): HvmSaveRecord[] {
  const records: HvmSaveRecord[] = [];
  const view = viewOf(data);
  for (let at = 0; ; ) {
    if (data.length - at < DESCRIPTOR.size) throw new DecodeError('HVM_CONTEXT', 'ends without an END record', at);
    const { typecode, instance, length } = DESCRIPTOR.read(view, at);
    const body = at + DESCRIPTOR.size;
    if (length > data.length - body) {
      const left = data.length - body;
      throw new DecodeError(
        'HVM_CONTEXT',
        `record of type ${typecode} says ${length} bytes where ${left} are left`,
        at,
      );
    }
    if (typecode === HVM_SAVE_END) {
      if (body + length !== data.length) {
        throw new DecodeError('HVM_CONTEXT', `${data.length - body} bytes after the END record`, body);
      }
      return records;
    }
    const record = decodeRecord(typecode, instance, data.subarray(body, body + length), at);
    if (records.length === 0) checkHeader(record);
    records.push(record);
    at = body + length;
  }
}

/** The bytes of save records, END included. */
export function encodeHvmContext(records: readonly HvmSaveRecord[]): Uint8Array {
  const parts = records.flatMap((record) => {
    const { typecode, body } = encodeRecord(record);
    return [encode(DESCRIPTOR, { typecode, instance: record.instance, length: body.length }), body];
  });
  return concatBytes([...parts, encode(DESCRIPTOR, { typecode: HVM_SAVE_END, instance: 0, length: 0 })]);
}

function checkHeader(first: HvmSaveRecord): void {
  if (first.type !== 'HEADER') throw new DecodeError('HVM_CONTEXT', `begins with ${first.type} instead of HEADER`, 0);
  if (first.body.magic !== HVM_FILE_MAGIC) {
    const [found, wanted] = [first.body.magic.toString(16), HVM_FILE_MAGIC.toString(16)];
    throw new DecodeError('HVM_CONTEXT', `magic 0x${found} instead of 0x${wanted}`, DESCRIPTOR.size);
  }
}

function decodeRecord(typecode: number, instance: number, data: Uint8Array, at: number): HvmSaveRecord {
  const type = BY_CODE.get(typecode);
  if (type !== undefined) {
    const body = decodeFixed(type, data, at);
    // `body` was read by the layout that belongs to `type`.
    return { type, instance, body } as FixedRecord;
  }
  switch (typecode) {
    case HVM_SAVE_CPU_XSAVE:
      return { type: 'CPU_XSAVE', instance, body: decodeHvmXsave(data, at) };
    case HVM_SAVE_CPU_MSR:
      return { type: 'CPU_MSR', instance, body: { msrs: decodeHvmMsrs(data, at) } };
    default:
      return { type: 'UNKNOWN', typecode, instance, body: data.slice() };
  }
}

function decodeFixed(type: FixedHvmSaveType, data: Uint8Array, at: number): unknown {
  const { layout, shorter } = HVM_SAVE_TYPES[type];
  if (data.length === layout.size) return layout.read(viewOf(data), 0);
  if (data.length > layout.size || !shorter) {
    throw new DecodeError('HVM_CONTEXT', `${type} of ${data.length} bytes instead of ${layout.size}`, at);
  }
  const whole = new Uint8Array(layout.size);
  whole.set(data);
  if (type === 'CPU' && data.length === CPU_WITHOUT_TSC_AUX.length) {
    const { at: gap } = CPU_WITHOUT_TSC_AUX;
    whole.fill(0, gap);
    whole.set(data.subarray(gap), gap + 8);
  }
  return layout.read(viewOf(whole), 0);
}

function decodeHvmXsave(data: Uint8Array, at: number): HvmXsave {
  if (data.length < XSAVE_MASKS.size) throw new DecodeError('HVM_CONTEXT', `CPU_XSAVE of ${data.length} bytes`, at);
  return {
    ...XSAVE_MASKS.read(viewOf(data), 0),
    save_area: decodeXsaveArea(data.subarray(XSAVE_MASKS.size)),
  };
}

function decodeHvmMsrs(data: Uint8Array, at: number): Msr[] {
  if (data.length < MSR_LIST_AT) throw new DecodeError('HVM_CONTEXT', `CPU_MSR of ${data.length} bytes`, at);
  const { count } = MSR_COUNT.read(viewOf(data), 0);
  const msrs = decodeMsrs(data.subarray(MSR_LIST_AT));
  if (msrs.length !== count) {
    throw new DecodeError('HVM_CONTEXT', `CPU_MSR says ${count} entries and holds ${msrs.length}`, at);
  }
  return msrs;
}

function encodeRecord(record: HvmSaveRecord): { typecode: number; body: Uint8Array } {
  switch (record.type) {
    case 'UNKNOWN':
      return { typecode: record.typecode, body: record.body };
    case 'CPU_XSAVE':
      return {
        typecode: HVM_SAVE_CPU_XSAVE,
        body: concatBytes([encode(XSAVE_MASKS, record.body), encodeXsaveArea(record.body.save_area)]),
      };
    case 'CPU_MSR': {
      const { msrs } = record.body;
      const head = new Uint8Array(MSR_LIST_AT);
      MSR_COUNT.write(viewOf(head), 0, { count: msrs.length });
      return { typecode: HVM_SAVE_CPU_MSR, body: concatBytes([head, encodeMsrs(msrs)]) };
    }
    default: {
      const { code, layout } = HVM_SAVE_TYPES[record.type];
      // Type and body of a record belong together, which the compiler can't see across the table.
      return { typecode: code, body: encode(layout as Field<unknown>, record.body) };
    }
  }
}
