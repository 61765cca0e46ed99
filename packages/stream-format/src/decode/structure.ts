import { DecodeError } from './decode-error.js';

/**
 * Declarations of C structures as x86 Xen lays them out: little-endian, every byte accounted for. A declaration reads
 * and writes; padding is written as zeros.
 */
export interface Field<T> {
  /** Bytes that the field takes. */
  readonly size: number;
  // Methods, so that a Field<number> is one of the Field<unknown>s of a structure.
  read(view: DataView, at: number): T;
  write(view: DataView, at: number, value: T): void;
}

/** The value that a declaration reads. */
export type Decoded<F> = F extends Field<infer T> ? T : never;

export const u8: Field<number> = {
  size: 1,
  read: (view, at) => view.getUint8(at),
  write: (view, at, value) => view.setUint8(at, value),
};

export const i8: Field<number> = {
  size: 1,
  read: (view, at) => view.getInt8(at),
  write: (view, at, value) => view.setInt8(at, value),
};

export const u16: Field<number> = {
  size: 2,
  read: (view, at) => view.getUint16(at, true),
  write: (view, at, value) => view.setUint16(at, value, true),
};

export const u32: Field<number> = {
  size: 4,
  read: (view, at) => view.getUint32(at, true),
  write: (view, at, value) => view.setUint32(at, value, true),
};

export const u64: Field<bigint> = {
  size: 8,
  read: (view, at) => view.getBigUint64(at, true),
  write: (view, at, value) => view.setBigUint64(at, value, true),
};

export const i64: Field<bigint> = {
  size: 8,
  read: (view, at) => view.getBigInt64(at, true),
  write: (view, at, value) => view.setBigInt64(at, value, true),
};

/** So many bytes, as a copy of their own. */
export function bytes(size: number): Field<Uint8Array> {
  return {
    size,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    write: (view, at, value) => {
      if (value.length !== size) throw new RangeError(`${value.length} bytes for a field of ${size}`);
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(value);
    },
  };
}

/** Bytes that mean nothing: not read, written as zeros. */
export function padding(size: number): Field<undefined> {
  return {
    size,
    read: () => undefined,
    write: (view, at) => {
      new Uint8Array(view.buffer, view.byteOffset + at, size).fill(0);
    },
  };
}

/** Text of one-byte characters in a field of fixed size, ended by the first NUL. */
export function text(size: number): Field<string> {
  return {
    size,
    read: (view, at) => {
      const all = new Uint8Array(view.buffer, view.byteOffset + at, size);
      const end = all.indexOf(0);
      return String.fromCharCode(...(end < 0 ? all : all.subarray(0, end)));
    },
    write: (view, at, value) => {
      if (value.length > size) throw new RangeError(`text of ${value.length} for a field of ${size}`);
      const all = new Uint8Array(view.buffer, view.byteOffset + at, size);
      for (let i = 0; i < size; i++) all[i] = i < value.length ? value.charCodeAt(i) : 0;
    },
  };
}

/** `count` of the same, one after the other. */
export function list<T>(field: Field<T>, count: number): Field<T[]> {
  return {
    size: field.size * count,
    read: (view, at) => Array.from({ length: count }, (_, i) => field.read(view, at + i * field.size)),
    write: (view, at, values) => {
      if (values.length !== count) throw new RangeError(`${values.length} entries for a list of ${count}`);
      for (const [i, value] of values.entries()) field.write(view, at + i * field.size, value);
    },
  };
}

type Members = Readonly<Record<string, Field<unknown>>>;

/** The members that carry a value, by name. */
export type StructureValue<M extends Members> = {
  -readonly [Name in keyof M as M[Name] extends Field<undefined> ? never : Name]: Decoded<M[Name]>;
};

export interface Structure<M extends Members> extends Field<StructureValue<M>> {
  readonly members: M;
  /** Where each member lies, in bytes from the structure's start. */
  readonly offsets: Readonly<Record<keyof M, number>>;
}

/** A structure: its members in their order in memory, padding declared where the C compiler puts it. */
export function structure<M extends Members>(members: M): Structure<M> {
  const placed: [name: string, field: Field<unknown>, at: number][] = [];
  let size = 0;
  for (const [name, field] of Object.entries(members)) {
    placed.push([name, field, size]);
    size += field.size;
  }
  return {
    size,
    members,
    // One entry for each member.
    offsets: Object.fromEntries(placed.map(([name, , at]) => [name, at])) as Record<keyof M, number>,
    read: (view, at) => {
      const value: Record<string, unknown> = {};
      for (const [name, field, offset] of placed) {
        const member = field.read(view, at + offset);
        if (member !== undefined) value[name] = member;
      }
      // Built from the members that the type is made of.
      return value as StructureValue<M>;
    },
    write: (view, at, value) => {
      const given: Readonly<Record<string, unknown>> = value;
      for (const [name, field, offset] of placed) field.write(view, at + offset, given[name]);
    },
  };
}

/**
 * Reads a structure that fills `data` exactly.
 * @throws DecodeError when the length is another
 */
export function decodeExactly<T>(field: Field<T>, data: Uint8Array, name: string): T {
  if (data.length !== field.size) throw new DecodeError(name, `${data.length} bytes instead of ${field.size}`);
  return field.read(viewOf(data), 0);
}

/** The bytes of a structure. */
export function encode<T>(field: Field<T>, value: T): Uint8Array {
  const data = new Uint8Array(field.size);
  field.write(viewOf(data), 0, value);
  return data;
}

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}
