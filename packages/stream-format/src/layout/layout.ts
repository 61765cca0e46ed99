/** What a number in a stream may be. `stream`: the byte order that the stream's header names. */
export type ByteOrder = 'stream' | 'big';
export type NumberKind = 'u8' | 'u16' | 'u32' | 'u64';

interface FieldRules {
  /** The only value that the format allows; written by itself. */
  readonly constant?: number | bigint;
  /** The values that the format allows, with their meaning. */
  readonly values?: Readonly<Record<number, string>>;
}

export interface Field<Name extends string = string, Value = unknown> extends FieldRules {
  readonly name: Name;
  readonly kind: NumberKind | 'bytes';
  readonly size: number;
  readonly order: ByteOrder;
  readonly about: string;
  /** Zero on save, to be ignored on restore. */
  readonly reserved: boolean;
  /** Only carries the type. */
  readonly value?: Value;
}

/** What follows the fixed part, as many times as there is room for. */
export interface Tail {
  readonly name: string;
  readonly of: NumberKind | 'bytes' | AnyLayout;
  readonly about: string;
}

/** A broken rule of a layout, as a sentence; `at` counts from the structure's start. */
export interface LayoutViolation {
  readonly field: string;
  readonly at: number;
  readonly kind: 'reserved' | 'constant' | 'value';
  readonly message: string;
}

type Fields = readonly Field[];
type ValueOf<F> = F extends Field<string, infer V> ? V : never;

/** The typed values of a layout's fields: constants and reserved fields aren't part of it. */
export type RecordOf<L> =
  L extends Layout<infer F>
    ? { [K in F[number] as K extends Field<infer N, unknown> ? (N extends '' ? never : N) : never]: ValueOf<K> }
    : never;

// biome-ignore lint/suspicious/noExplicitAny: a layout of whatever fields; only its description is used.
export type AnyLayout = Layout<any>;

const NUMBER_SIZE: Readonly<Record<NumberKind, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

interface NumberRules extends FieldRules {
  readonly order?: ByteOrder;
}

function number<N extends string, V>(kind: NumberKind, name: N, about: string, rules: NumberRules): Field<N, V> {
  const { order = 'stream', ...rest } = rules;
  return { name, kind, size: NUMBER_SIZE[kind], order, about, reserved: false, ...rest };
}

export const u8 = <N extends string>(name: N, about: string, rules: NumberRules = {}): Field<N, number> =>
  number('u8', name, about, rules);
export const u16 = <N extends string>(name: N, about: string, rules: NumberRules = {}): Field<N, number> =>
  number('u16', name, about, rules);
export const u32 = <N extends string>(name: N, about: string, rules: NumberRules = {}): Field<N, number> =>
  number('u32', name, about, rules);
export const u64 = <N extends string>(name: N, about: string, rules: NumberRules = {}): Field<N, bigint> =>
  number('u64', name, about, rules);
export const bytes = <N extends string>(name: N, size: number, about: string): Field<N, Uint8Array> => ({
  name,
  kind: 'bytes',
  size,
  order: 'stream',
  about,
  reserved: false,
});
/** A field that must be zero; it has no value of its own. */
export const reserved = (size: number): Field<'', never> => ({
  name: '',
  kind: 'bytes',
  size,
  order: 'stream',
  about: 'Reserved: zero.',
  reserved: true,
});

/** A structure of a stream, declared once: reads, writes, checks and describes itself. */
export class Layout<F extends Fields> {
  /** Bytes of the fixed part. */
  readonly size: number;
  private readonly offsets: readonly number[];

  constructor(
    readonly title: string,
    /** Document and section. */
    readonly spec: string,
    readonly fields: F,
    readonly tail?: Tail,
  ) {
    let at = 0;
    this.offsets = fields.map((field) => {
      const start = at;
      at += field.size;
      return start;
    });
    this.size = at;
  }

  /** Offset of a field in the structure. */
  offsetOf(name: F[number]['name']): number {
    const index = this.fields.findIndex((field) => field.name === name);
    const offset = this.offsets[index];
    if (offset === undefined) throw new RangeError(`${this.title} has no field ${name}`);
    return offset;
  }

  /** The fields' values. `from` holds at least `size` bytes. */
  read(from: Uint8Array, littleEndian: boolean): RecordOf<this> {
    const view = viewOf(from);
    const record: Record<string, unknown> = {};
    for (const [i, field] of this.fields.entries()) {
      if (field.name !== '') record[field.name] = readField(field, view, this.offsets[i] ?? 0, littleEndian);
    }
    return record as RecordOf<this>;
  }

  /** The structure as bytes: `value`, constants, and zeros where reserved. */
  write(value: { [K in keyof RecordOf<this>]?: RecordOf<this>[K] }, littleEndian: boolean): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(this.size);
    const view = viewOf(out);
    const values = value as Record<string, unknown>;
    for (const [i, field] of this.fields.entries()) {
      if (field.reserved) continue;
      writeField(field, view, this.offsets[i] ?? 0, littleEndian, values[field.name] ?? field.constant);
    }
    return out;
  }

  /** Every rule of the fields that the bytes break. */
  check(from: Uint8Array, littleEndian: boolean): LayoutViolation[] {
    const view = viewOf(from);
    return this.fields.flatMap((field, i) => {
      const violation = checkField(field, view, this.offsets[i] ?? 0, littleEndian);
      return violation === undefined ? [] : [violation];
    });
  }
}

function viewOf(from: Uint8Array): DataView {
  return new DataView(from.buffer, from.byteOffset, from.byteLength);
}

function readField(field: Field, view: DataView, at: number, littleEndian: boolean): number | bigint | Uint8Array {
  const little = field.order === 'stream' && littleEndian;
  switch (field.kind) {
    case 'u8':
      return view.getUint8(at);
    case 'u16':
      return view.getUint16(at, little);
    case 'u32':
      return view.getUint32(at, little);
    case 'u64':
      return view.getBigUint64(at, little);
    case 'bytes':
      return new Uint8Array(view.buffer, view.byteOffset + at, field.size).slice();
  }
}

function writeField(field: Field, view: DataView, at: number, littleEndian: boolean, value: unknown): void {
  const little = field.order === 'stream' && littleEndian;
  if (field.kind === 'bytes') {
    if (!(value instanceof Uint8Array) || value.length !== field.size) throw unwritable(field);
    new Uint8Array(view.buffer, view.byteOffset + at, field.size).set(value);
    return;
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') throw unwritable(field);
  const wide = BigInt(value);
  if (wide < 0n || wide >= 1n << BigInt(field.size * 8)) throw unwritable(field);
  if (field.kind === 'u8') view.setUint8(at, Number(value));
  else if (field.kind === 'u16') view.setUint16(at, Number(value), little);
  else if (field.kind === 'u32') view.setUint32(at, Number(value), little);
  else view.setBigUint64(at, wide, little);
}

function unwritable(field: Field): RangeError {
  return new RangeError(`${field.name} is not a value of ${field.size} bytes`);
}

function checkField(field: Field, view: DataView, at: number, littleEndian: boolean): LayoutViolation | undefined {
  const value = readField(field, view, at, littleEndian);
  if (field.reserved) {
    if (!(value instanceof Uint8Array) || value.every((byte) => byte === 0)) return undefined;
    return { field: 'reserved', at, kind: 'reserved', message: `reserved bytes at +${at} are not zero` };
  }
  if (value instanceof Uint8Array) return undefined;
  if (field.constant !== undefined && BigInt(value) !== BigInt(field.constant)) {
    const message = `${field.name} is ${hex(value)}, must be ${hex(field.constant)}`;
    return { field: field.name, at, kind: 'constant', message };
  }
  if (field.values !== undefined && field.values[Number(value)] === undefined) {
    const allowed = Object.keys(field.values).map((known) => hex(Number(known)));
    return {
      field: field.name,
      at,
      kind: 'value',
      message: `${field.name} is ${hex(value)}, not ${allowed.join(' or ')}`,
    };
  }
  return undefined;
}

function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}
