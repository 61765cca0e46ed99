import { concatBytes } from '../bytes/concat.js';
import { DOMAIN_HEADER, IMAGE_HEADER, REC_LENGTH_MAX, RECORD_HEADER } from '../libxc/layouts.js';
import { LIBXC_RECORD } from '../libxc/record-types.js';
import { LIBXL_HEADER } from '../libxl/layouts.js';
import { LIBXL_RECORD } from '../libxl/record-types.js';
import { XL_HEADER } from '../xl/layouts.js';
import { isXlMagic } from '../xl/save-header.js';

/** Makes bad streams of good ones, of any layer and byte order. The same seed makes the same streams. */
export class Mutator {
  private state: number;

  constructor(
    private readonly stream: Uint8Array,
    seed: number,
  ) {
    this.state = seed >>> 0 || 1;
  }

  /** One to three mutations of the stream, of its bytes or of its records. */
  next(): { readonly what: string; readonly bytes: Uint8Array } {
    return this.mutated(MUTATIONS);
  }

  /** The same of its bytes alone: for what has no records. */
  nextOfBytes(): { readonly what: string; readonly bytes: Uint8Array } {
    return this.mutated(BYTE_MUTATIONS);
  }

  private mutated(mutations: Readonly<Record<string, Mutation>>): { what: string; bytes: Uint8Array } {
    let bytes: Uint8Array = this.stream.slice();
    const names: string[] = [];
    for (let n = 1 + this.below(3); n > 0; n--) {
      const [name, mutate] = this.pick(Object.entries(mutations));
      // Nothing is left to be changed.
      if (bytes.length === 0) break;
      bytes = mutate(bytes, this);
      names.push(name);
    }
    return { what: names.join(' + '), bytes };
  }

  /** A number from 0 to n - 1 (mulberry32). */
  below(n: number): number {
    this.state = (this.state + 0x6d2b_79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** A number that code gets wrong. */
  awkward(): bigint {
    return this.pick(AWKWARD) + (this.below(4) === 0 ? BigInt(this.below(64)) : 0n);
  }
}

const AWKWARD = [
  0n,
  1n,
  7n,
  15n,
  0xffn,
  0x1000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 32n,
  1n << 40n,
  (1n << 52n) - 1n,
  1n << 52n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
  0xffff_ffff_ffff_ff00n,
  BigInt(REC_LENGTH_MAX),
];

type Mutation = (bytes: Uint8Array, random: Mutator) => Uint8Array;

/** A record in the bytes, header included. */
interface Place {
  readonly at: number;
  readonly type: number;
  readonly length: number;
  readonly end: number;
  readonly layer: 'libxl' | 'libxc';
  readonly little: boolean;
}

/** Records without a body, that change what those after them mean. */
const BARE_RECORDS = [LIBXC_RECORD.CHECKPOINT, LIBXC_RECORD.VERIFY, LIBXC_RECORD.STATIC_DATA_END, LIBXC_RECORD.END];

const LIBXC_HEADERS = IMAGE_HEADER.size + DOMAIN_HEADER.size;
/** Both layers have the same. */
const HEADER = RECORD_HEADER.size;

const BYTE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  bits(bytes, random) {
    for (let n = 1 + random.below(8); n > 0; n--) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
    return bytes;
  },
  truncated: (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  word(bytes, random) {
    put(bytes, random.below(bytes.length), random.pick([4, 8]), random.awkward());
    return bytes;
  },
  'word near the start'(bytes, random) {
    put(bytes, random.below(Math.min(bytes.length, 400)), random.pick([4, 8]), random.awkward());
    return bytes;
  },
  inserted(bytes, random) {
    const at = random.below(bytes.length);
    const noise = Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256));
    return join(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
  removed(bytes, random) {
    const at = random.below(bytes.length);
    return join(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(64)));
  },
};

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  ...BYTE_MUTATIONS,
  'record dropped': onRecord((bytes, { at, end }) => join(bytes.subarray(0, at), bytes.subarray(end))),
  'record repeated': onRecord((bytes, { at, end }) => join(bytes.subarray(0, end), bytes.subarray(at))),
  'record moved': onRecord((bytes, { at, end }, random) => {
    const rest = join(bytes.subarray(0, at), bytes.subarray(end));
    const to = random.pick(placesOf(rest))?.at ?? rest.length;
    return join(rest.subarray(0, to), bytes.slice(at, end), rest.subarray(to));
  }),
  'record of another type': onRecord((bytes, { at, little }, random) => {
    const type = random.pick([...Object.values(LIBXC_RECORD), 0x13, 0x7fff_ffff, 0x8000_0000, 0x8000_0001]);
    put(bytes, at, 4, BigInt(type), little);
    return bytes;
  }),
  'bare record inserted': onRecord((bytes, { at, little }, random) => {
    const record = new Uint8Array(HEADER);
    put(record, 0, 4, BigInt(random.pick(BARE_RECORDS)), little);
    return join(bytes.subarray(0, at), record, bytes.subarray(at));
  }),
  'length changed': onRecord((bytes, { at, length, little }, random) => {
    const changed = random.below(2) === 0 ? random.awkward() : BigInt(length + random.below(33) - 16);
    put(bytes, at + 4, 4, changed, little);
    return bytes;
  }),
  'body resized with its length': onRecord((bytes, { at, length, end, little }, random) => {
    const size = random.below(length + 32);
    const body = new Uint8Array(Math.ceil(size / 8) * 8);
    body.set(bytes.subarray(at + HEADER, at + HEADER + Math.min(size, length)));
    put(bytes, at + 4, 4, BigInt(size), little);
    return join(bytes.subarray(0, at + HEADER), body, bytes.subarray(end));
  }),
  'word of a body': onRecord((bytes, { at, length, little }, random) => {
    if (length < 4) return bytes;
    const within = random.below(Math.ceil(length / 4)) * 4;
    put(bytes, at + HEADER + within, random.pick([4, 8]), random.awkward(), little);
    return bytes;
  }),
  'pfn word': onRecord((bytes, { at, length, type, layer, little }, random) => {
    if (layer !== 'libxc' || type !== LIBXC_RECORD.PAGE_DATA || length < 16) return bytes;
    const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at + HEADER, little);
    const word = at + HEADER + 8 + random.below(Math.max(1, Math.min(count, length >>> 3))) * 8;
    const type4 = BigInt(random.below(16)) << 60n;
    put(bytes, word, 8, random.below(2) === 0 ? random.awkward() : type4 | BigInt(random.below(20)), little);
    return bytes;
  }),
  version(bytes, random) {
    if (bytes.length >= LIBXC_HEADERS)
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, random.pick([0, 1, 2, 3, 4]));
    return bytes;
  },
};

function onRecord(mutate: (bytes: Uint8Array, place: Place, random: Mutator) => Uint8Array): Mutation {
  return (bytes, random) => {
    const places = placesOf(bytes);
    return places.length === 0 ? bytes : mutate(bytes, random.pick(places), random);
  };
}

/** As far as the lengths lead. */
function placesOf(bytes: Uint8Array): Place[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = startOfStream(bytes, view);
  const within = view.byteLength >= start + 8 && view.getUint32(start, false) === LIBXL_IDENT;
  const places: Place[] = [];
  let layer: Place['layer'] = within ? 'libxl' : 'libxc';
  let at = start + (within ? LIBXL_HEADER.size : LIBXC_HEADERS);
  // Bit 0 of the options of either header.
  const littleAt = { libxl: start + 15, libxc: start + (within ? LIBXL_HEADER.size + HEADER : 0) + 17 };
  while (at + HEADER <= bytes.length) {
    const little = ((bytes[littleAt[layer]] ?? 0) & 1) === 0;
    const type = view.getUint32(at, little);
    const length = view.getUint32(at + 4, little);
    const end = at + HEADER + Math.ceil(length / 8) * 8;
    if (end > bytes.length) break;
    places.push({ at, type, length, end, layer, little });
    const enters = layer === 'libxl' && type === LIBXL_RECORD.LIBXC_CONTEXT;
    const returns = layer === 'libxl' && type === LIBXL_RECORD.CHECKPOINT_END;
    const leaves = layer === 'libxc' && within && (type === LIBXC_RECORD.END || type === LIBXC_RECORD.CHECKPOINT);
    if (enters || returns) layer = 'libxc';
    if (leaves) layer = 'libxl';
    at = end + (enters ? LIBXC_HEADERS : 0);
  }
  return places;
}

/** The first four bytes of "LibxlFmt". */
const LIBXL_IDENT = 0x4c69_6278;

/** Behind xl's header, where there is one. */
function startOfStream(bytes: Uint8Array, view: DataView): number {
  if (!isXlMagic(bytes) || bytes.length < XL_HEADER.size) return 0;
  return Math.min(XL_HEADER.size + view.getUint32(XL_HEADER.size - 4, true), bytes.length);
}

function put(bytes: Uint8Array, at: number, size: 4 | 8, value: bigint, little = true): void {
  for (let i = 0; i < size; i++) {
    const to = at + (little ? i : size - 1 - i);
    if (to < bytes.length) bytes[to] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
}

const join = (...parts: Uint8Array[]) => concatBytes(parts);
