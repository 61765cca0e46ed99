/** The fastest level: a link is worth compressing only where the compressor is faster than it. */
const LEVEL = 1;

type Zstd = typeof import('@toondepauw/node-zstd');
type Coder = { readonly encoder: InstanceType<Zstd['Encoder']>; readonly decoder: InstanceType<Zstd['Decoder']> };

let coder: Promise<Coder> | undefined;

/** Loaded by the first that compresses: native code takes milliseconds of every command that does not. */
function zstd(): Promise<Coder> {
  coder ??= import('@toondepauw/node-zstd').then(({ Decoder, Encoder }) => ({
    encoder: new Encoder(LEVEL),
    decoder: new Decoder(),
  }));
  return coder;
}

/** Compresses in a thread of its own. */
export async function compress(block: Buffer): Promise<Buffer> {
  return (await zstd()).encoder.encode(block);
}

/**
 * Decompresses a frame that must hold exactly `size` bytes. What it can become is known before anything is allocated for
 * it.
 *
 * @throws RangeError where it is no zstd frame, or would hold another number of bytes
 */
export async function decompress(frame: Buffer, size: number): Promise<Buffer> {
  const bound = contentBound(frame);
  if (bound < size || bound > size + MAX_BLOCK) throw new RangeError(`the zstd frame does not hold ${size} bytes`);
  const content = await (await zstd()).decoder.decode(frame);
  if (content.length === size) return content;
  throw new RangeError(`the zstd frame holds ${content.length} bytes, not ${size}`);
}

/** RFC 8878: a block decompresses to at most 128 KiB. */
const MAX_BLOCK = 128 * 1024;
const MAGIC = 0xfd2fb528;
/** The window of our own frames is 512 KiB; a decoder allocates what a frame asks for. */
const MAX_WINDOW_LOG = 21;

/**
 * How many bytes a frame can hold at most, by its block headers (RFC 8878, 3.1.1): exact for stored and repeated blocks,
 * 128 KiB for each compressed one.
 *
 * @throws RangeError where it is not one whole frame, or wants a window of more than 2 MiB
 */
export function contentBound(frame: Buffer): number {
  if (frame.length < 6 || frame.readUInt32LE(0) !== MAGIC) throw new RangeError('no zstd frame');
  const descriptor = frame.readUInt8(4);
  const singleSegment = (descriptor & 0x20) !== 0;
  if (!singleSegment && 10 + (frame.readUInt8(5) >> 3) > MAX_WINDOW_LOG) {
    throw new RangeError('the zstd frame wants a larger window than is allowed');
  }
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let at = 5 + (singleSegment ? 0 : 1) + dictionary + contentSize;
  let bound = 0;
  for (;;) {
    if (at + 3 > frame.length) throw new RangeError('the zstd frame is cut');
    const header = frame.readUIntLE(at, 3);
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) throw new RangeError('the zstd frame has a block of a reserved type');
    bound += type === 2 ? MAX_BLOCK : size;
    at += 3 + (type === 1 ? 1 : size);
    if ((header & 1) !== 0) break;
  }
  const checksum = (descriptor & 4) === 0 ? 0 : 4;
  if (at + checksum !== frame.length) throw new RangeError('the zstd frame is cut, or something follows it');
  return bound;
}
