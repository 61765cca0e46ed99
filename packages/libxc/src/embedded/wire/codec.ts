import type { FrameList } from '../../hypervisor/frames.js';

/**
 * How values travel between clients and the daemon: little-endian, no padding, lists as they lie in memory. A codec
 * writes and reads one kind of value; the operations (operations.ts) are declared with them.
 */
export interface Codec<T> {
  write(to: ByteWriter, value: T): void;
  /** @throws WireError when the bytes are no such value */
  read(from: ByteCursor): T;
}

export type CodecValue<C> = C extends Codec<infer T> ? T : never;

/** The other side sent what is no message of this protocol. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

export class ByteWriter {
  private bytes = Buffer.allocUnsafe(256);
  private view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  private length = 0;

  /** Makes room for `count` bytes. @returns where they start */
  take(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.length, this.bytes.length * 2));
      this.bytes.copy(grown, 0, 0, at);
      this.bytes = grown;
      this.view = new DataView(grown.buffer, grown.byteOffset, grown.byteLength);
    }
    return at;
  }

  u8(value: number): void {
    const at = this.take(1);
    this.bytes[at] = value;
  }

  u32(value: number): void {
    const at = this.take(4);
    this.view.setUint32(at, value, true);
  }

  f64(value: number): void {
    const at = this.take(8);
    this.view.setFloat64(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.take(8);
    this.view.setBigUint64(at, value, true);
  }

  raw(value: Uint8Array): void {
    const at = this.take(value.length);
    this.bytes.set(value, at);
  }

  /** Overwrites a u32 written before. */
  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

export class ByteCursor {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.view.getUint8(this.advance(1));
  }

  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.advance(8), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.advance(8), true);
  }

  /** A copy: the message's buffer is used again. */
  raw(length: number): Uint8Array<ArrayBuffer> {
    const at = this.advance(length);
    const copy = new Uint8Array(length);
    copy.set(this.bytes.subarray(at, at + length));
    return copy;
  }

  end(): void {
    if (this.at !== this.bytes.length)
      throw new WireError(`${this.bytes.length - this.at} bytes too many in a message`);
  }

  private advance(count: number): number {
    const at = this.at;
    if (at + count > this.bytes.length)
      throw new WireError(`a message ends at byte ${this.bytes.length} within a value`);
    this.at += count;
    return at;
  }
}

export const u8: Codec<number> = { write: (to, v) => to.u8(v), read: (from) => from.u8() };
export const u32: Codec<number> = { write: (to, v) => to.u32(v), read: (from) => from.u32() };
/** Any integer below 2^53, and INVALID_FRAME. */
export const number: Codec<number> = { write: (to, v) => to.f64(v), read: (from) => from.f64() };
export const u64: Codec<bigint> = { write: (to, v) => to.u64(v), read: (from) => from.u64() };
export const bool: Codec<boolean> = { write: (to, v) => to.u8(v ? 1 : 0), read: (from) => from.u8() !== 0 };
export const nothing: Codec<void> = { write: () => {}, read: () => {} };

export const bytes: Codec<Uint8Array> = {
  write(to, v) {
    to.u32(v.length);
    to.raw(v);
  },
  read: (from) => from.raw(from.u32()),
};

export const text: Codec<string> = {
  write: (to, v) => bytes.write(to, Buffer.from(v, 'utf8')),
  read: (from) => Buffer.from(bytes.read(from)).toString('utf8'),
};

export const frameList: Codec<FrameList> = {
  write(to, v) {
    to.u32(v.length);
    to.raw(new Uint8Array(v.buffer, v.byteOffset, v.byteLength));
  },
  read(from) {
    const copy = from.raw(from.u32() * 8);
    return new Float64Array(copy.buffer, copy.byteOffset, copy.length / 8);
  },
};

export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    write(to, v) {
      to.u8(v === undefined ? 0 : 1);
      if (v !== undefined) codec.write(to, v);
    },
    read: (from) => (from.u8() === 0 ? undefined : codec.read(from)),
  };
}

/** One of some words, as its place in the list. */
export function oneOf<const W extends string | number>(...words: readonly W[]): Codec<W> {
  return {
    write(to, v) {
      to.u8(words.indexOf(v));
    },
    read(from) {
      const index = from.u8();
      const word = words[index];
      if (word === undefined) throw new WireError(`${index} is none of ${words.join(', ')}`);
      return word;
    },
  };
}

export function list<T>(codec: Codec<T>): Codec<T[]> {
  return {
    write(to, v) {
      to.u32(v.length);
      for (const item of v) codec.write(to, item);
    },
    read(from) {
      const count = from.u32();
      const items: T[] = [];
      for (let i = 0; i < count; i++) items.push(codec.read(from));
      return items;
    },
  };
}

/** An object, field by field in the order of declaration. */
export function struct<T>(fields: { readonly [K in keyof Required<T>]: Codec<T[K]> }): Codec<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return {
    write(to, v) {
      for (const name of names) fields[name].write(to, v[name]);
    },
    read(from) {
      const made: Partial<T> = {};
      for (const name of names) made[name] = fields[name].read(from);
      return made as T;
    },
  };
}
