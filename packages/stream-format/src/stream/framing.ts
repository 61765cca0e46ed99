import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError } from '../errors/stream-error.js';
import { IMAGE_HEADER } from '../libxc/layouts.js';
import { LIBXL_HEADER } from '../libxl/layouts.js';
import { XL_MAGIC } from '../xl/layouts.js';

/** The outermost layer: a save file of xl, or a stream of libxl or libxc by itself. */
export type Framing = 'xl' | 'libxl' | 'libxc';

const MAGICS: readonly (readonly [Framing, Uint8Array])[] = [
  ['xl', XL_MAGIC],
  ['libxl', LIBXL_HEADER.write({ options: 0 }, false).subarray(0, 8)],
  ['libxc', IMAGE_HEADER.write({ version: 3, options: 0 }, false).subarray(0, 12)],
];

/**
 * What the input begins as; nothing is passed over. A magic of which single bytes are wrong counts as that magic, so
 * that the layer's own reader names the bad byte.
 * @throws StreamError BAD_MAGIC, TRUNCATED
 */
export async function detectFraming(reader: ByteReader): Promise<Framing> {
  const start = await reader.peek(XL_MAGIC.length);
  for (const [framing, magic] of MAGICS) {
    const given = magic.subarray(0, start.length);
    const wrong = given.filter((byte, i) => byte !== start[i]).length;
    if (given.length > 0 && wrong <= given.length / 4) return framing;
  }
  const [code, rule, message] =
    start.length === 0
      ? (['TRUNCATED', 'truncated', 'the input is empty'] as const)
      : (['BAD_MAGIC', 'framing', 'neither a save file of xl nor a stream of libxl or libxc'] as const);
  const offset = reader.offset;
  throw new StreamError(message, { code, rule, offset, layer: 'wire', spec: 'libxc-migration-stream, Image Header' });
}
