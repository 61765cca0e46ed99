import { type ByteReader, StreamError, type StreamErrorCode } from '@xen-migration/stream-format';
import { CHUNK_MIN, chunkName, MAX_BATCH } from '../layout/chunks.js';
import { LEGACY_SPEC } from '../layout/layouts.js';
import { type ToolstackWidth, viewOf } from '../read/legacy-reader.js';
import type { GuestType } from './options.js';

/** p2m size, marker, length and the first block's id, of a 64-bit toolstack. */
const NEEDED = 8 + 8 + 4 + 4;
const BLOCKS = ['vcpu', 'extv', 'xcnt'];

export interface Kind {
  readonly width: ToolstackWidth;
  readonly guestType: GuestType;
}

export interface Detected extends Kind {
  /** What the bytes say, sentence by sentence. */
  readonly why: readonly string[];
}

/** What other files begin with that people take for legacy streams. */
const OTHERS: readonly { readonly start: string; readonly code: StreamErrorCode; readonly message: string }[] = [
  {
    start: 'Xen saved domain, xl format',
    code: 'LEGACY',
    message: 'the input begins with the header of an xl save file, which was not announced (--xl)',
  },
  {
    start: 'LibxlFmt',
    code: 'BAD_MAGIC',
    message: 'the input is a libxl stream of version 2: nothing is to be converted',
  },
  {
    start: `${'\xff'.repeat(8)}XENF`,
    code: 'BAD_MAGIC',
    message: 'the input is a libxc stream of version 2 or later: nothing is to be converted',
  },
  {
    start: 'LinuxGuestRecord',
    code: 'UNSUPPORTED',
    message: 'the input is a save file of xend (xm save), which had a header of its own',
  },
  { start: '\x1f\x8b', code: 'BAD_MAGIC', message: 'the input is compressed with gzip: unpack it first' },
];

/**
 * Finds out which toolstack wrote the stream and what kind of guest it is, from the first bytes; what is known already
 * is kept. Nothing is passed over.
 *
 * @throws StreamError where the input is something else, or the bytes fit no kind
 */
export async function detectLegacy(reader: ByteReader, known: Partial<Kind> = {}): Promise<Detected> {
  const start = (await reader.peek(NEEDED)).slice();
  const { offset } = reader;
  refuseOthers(start, offset);
  const { width, guestType } = known;
  if (width !== undefined && guestType !== undefined) return { width, guestType, why: [] };
  const kinds = ([64, 32] as const).flatMap((w) =>
    (['pv', 'hvm'] as const).map((type) => new Candidate(start, w, type)),
  );
  const possible = kinds.filter((k) => (width ?? k.width) === k.width && (guestType ?? k.guestType) === k.guestType);
  // The marker of a PV guest's extended info is also the number of a chunk: so PV is asked first.
  const found = possible.find((kind) => kind.against === undefined && kind.guestType === 'pv') ?? only(possible);
  if (found !== undefined) {
    const why = [
      ...(width === undefined ? [found.whyWidth()] : []),
      ...(guestType === undefined ? [found.whyType()] : []),
    ];
    return { width: found.width, guestType: found.guestType, why };
  }
  const reasons = possible.map((kind) => `${kind.name}: ${kind.against}`).join('; ');
  const other = kinds.find((kind) => kind.against === undefined);
  const instead = other === undefined ? '' : `, but as one of a ${other.name}`;
  const wanted = other === undefined ? 'no legacy stream does' : 'none of what was asked for';
  throw fault('BAD_VALUE', 'detect', `the input begins as ${wanted}${instead} (${reasons})`, offset);
}

function only(kinds: readonly Candidate[]): Candidate | undefined {
  const left = kinds.filter((kind) => kind.against === undefined);
  return left.length === 1 ? left[0] : undefined;
}

/** One kind of stream that the first bytes may be of. */
class Candidate {
  /** What speaks against it. */
  readonly against: string | undefined;
  private readonly wordSize: number;

  constructor(
    private readonly start: Uint8Array,
    readonly width: ToolstackWidth,
    readonly guestType: GuestType,
  ) {
    this.wordSize = width / 8;
    this.against = this.widthAgainst() ?? (guestType === 'pv' ? this.pvAgainst() : this.hvmAgainst());
  }

  get name(): string {
    return `${this.width}-bit toolstack, ${this.guestType.toUpperCase()} guest`;
  }

  whyWidth(): string {
    return this.width === 64
      ? 'width 64: bytes 4 to 7 are zero, as the upper half of the size of a p2m is'
      : 'width 32: bytes 4 to 7 are not zero, as the upper half of the size of a p2m would be';
  }

  whyType(): string {
    const { wordSize } = this;
    return this.guestType === 'pv'
      ? `guest type pv: the marker of extended info at byte ${wordSize}, then its block "${this.blockId()}"`
      : `guest type hvm: no extended info, but ${this.firstChunk()} at byte ${wordSize}`;
  }

  private widthAgainst(): string | undefined {
    const { start, width } = this;
    const needed = width / 8 + 4;
    if (start.length < needed) return `the input ends after ${start.length} bytes`;
    const upperIsZero = start.subarray(4, 8).every((byte) => byte === 0);
    if (width === 64 && !upperIsZero) return 'bytes 4 to 7 would make a p2m of more than 16 TiB';
    if (width === 32 && upperIsZero) return 'bytes 4 to 7 would end the stream before its first page';
    return undefined;
  }

  private pvAgainst(): string | undefined {
    const { start, wordSize } = this;
    if (!start.subarray(wordSize, wordSize * 2).every((byte) => byte === 0xff)) {
      return `no marker of extended info at byte ${wordSize}`;
    }
    if (BLOCKS.includes(this.blockId())) return undefined;
    return `no block of extended info at byte ${wordSize * 2 + 4}`;
  }

  private hvmAgainst(): string | undefined {
    const marker = this.marker();
    if (marker >= CHUNK_MIN && marker <= MAX_BATCH) return undefined;
    return `no chunk at byte ${this.wordSize}`;
  }

  private marker(): number {
    return viewOf(this.start).getInt32(this.wordSize, true);
  }

  private firstChunk(): string {
    const marker = this.marker();
    return marker > 0 ? `a batch of ${marker} pages` : `a chunk ${chunkName(marker)}`;
  }

  private blockId(): string {
    const at = this.wordSize * 2 + 4;
    return String.fromCharCode(...this.start.subarray(at, at + 4));
  }
}

function refuseOthers(start: Uint8Array, offset: number): void {
  const text = String.fromCharCode(...start);
  const other = OTHERS.find((known) => text.startsWith(known.start.slice(0, NEEDED)));
  if (other !== undefined) throw fault(other.code, 'other-format', other.message, offset);
}

function fault(code: StreamErrorCode, rule: string, message: string, offset: number): StreamError {
  return new StreamError(message, { code, rule, offset, layer: 'legacy', part: 'start', spec: LEGACY_SPEC });
}
