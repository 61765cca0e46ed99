import { PAGE_SIZE } from '../../hypervisor/frames.js';

/**
 * The file format of embedded kernels. A header of 64 bytes, then the text, a whole number of pages:
 *
 *   0  magic 'XENEMBED'      16 text pages u32        28 name, 20 bytes, zero-padded ASCII
 *   8  version u32 (1)       20 zero pages u32
 *  12  header size u32 (64)  24 entry offset u32   48 bytes of a PV guest's word: 8 (or 0), 4; rest zero
 *
 * Loaded: the text at the kernel's base, the zero pages (its data) behind it. The entry offset counts from the base.
 */
const MAGIC = 'XENEMBED';
const VERSION = 1;
const HEADER_SIZE = 64;
const NAME = { at: 28, size: 20 } as const;
const WIDTH_AT = 48;
/** Far more than any program here has; a bound for what a file may ask for. */
const MAX_PAGES = 4096;

export interface KernelImage {
  readonly name: string;
  readonly text: Uint8Array;
  readonly zeroPages: number;
  readonly entryOffset: number;
  /** What a PV guest is that boots it: 64-bit, or 32-bit (PAE). */
  readonly width: 4 | 8;
}

/** A file that is no kernel for the embedded host. */
export class KernelImageError extends Error {
  override readonly name = 'KernelImageError';
}

export function encodeKernelImage(image: KernelImage): Uint8Array {
  const bytes = new Uint8Array(HEADER_SIZE + image.text.length);
  const view = new DataView(bytes.buffer);
  bytes.set(Buffer.from(MAGIC, 'latin1'));
  view.setUint32(8, VERSION, true);
  view.setUint32(12, HEADER_SIZE, true);
  view.setUint32(16, image.text.length / PAGE_SIZE, true);
  view.setUint32(20, image.zeroPages, true);
  view.setUint32(24, image.entryOffset, true);
  view.setUint32(WIDTH_AT, image.width, true);
  bytes.set(Buffer.from(image.name, 'latin1').subarray(0, NAME.size), NAME.at);
  bytes.set(image.text, HEADER_SIZE);
  return bytes;
}

/** @throws KernelImageError which says what the file is instead, as far as it can be told */
export function parseKernelImage(bytes: Uint8Array): KernelImage {
  if (bytes.length < HEADER_SIZE || latin1(bytes, 0, MAGIC.length) !== MAGIC) {
    throw new KernelImageError(
      `the kernel is ${describe(bytes)}, not an embedded kernel: the embedded host executes its own guest programs ` +
        'only (kernel="builtin:selfcheck"), no x86 code',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== VERSION) throw new KernelImageError(`embedded kernel of version ${version}; known is ${VERSION}`);
  const headerSize = view.getUint32(12, true);
  const textPages = view.getUint32(16, true);
  const zeroPages = view.getUint32(20, true);
  const entryOffset = view.getUint32(24, true);
  if (headerSize !== HEADER_SIZE) throw new KernelImageError(`embedded kernel with a header of ${headerSize} bytes`);
  if (textPages === 0 || textPages + zeroPages > MAX_PAGES) {
    throw new KernelImageError(`embedded kernel of ${textPages} + ${zeroPages} pages; at most ${MAX_PAGES}`);
  }
  const width = view.getUint32(WIDTH_AT, true) || 8;
  if (width !== 4 && width !== 8) throw new KernelImageError(`embedded kernel for words of ${width} bytes`);
  const end = HEADER_SIZE + textPages * PAGE_SIZE;
  if (bytes.length !== end)
    throw new KernelImageError(`embedded kernel of ${bytes.length} bytes, its header says ${end}`);
  if (entryOffset >= textPages * PAGE_SIZE) {
    throw new KernelImageError(`embedded kernel whose entry ${entryOffset} lies outside its text`);
  }
  const name = latin1(bytes, NAME.at, NAME.size).replace(/\0.*$/s, '');
  return { name, text: bytes.subarray(HEADER_SIZE, end), zeroPages, entryOffset, width };
}

function latin1(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file';
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  if (starts(0x7f, 0x45, 0x4c, 0x46)) return 'an ELF image';
  if (starts(0x1f, 0x8b)) return 'a gzip file';
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a)) return 'an xz file';
  if (bytes.length > 0x206 && latin1(bytes, 0x202, 4) === 'HdrS') return 'a Linux bzImage';
  return `a file of ${bytes.length} bytes of an unknown format`;
}
