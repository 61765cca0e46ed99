import type { ByteReader } from '../bytes/byte-reader.js';
import { StreamError } from '../errors/stream-error.js';
import { LibxcReader } from '../libxc/reader.js';
import type { LibxcHeaders, LibxcRecord } from '../libxc/records.js';
import { LibxlReader } from '../libxl/reader.js';
import type { LibxlHeaders, LibxlRecord } from '../libxl/records.js';
import { XL_FLAG_STREAM_V2, XL_SPEC } from '../xl/layouts.js';
import { readXlHeader, type XlHeader } from '../xl/save-header.js';
import { detectFraming, type Framing } from './framing.js';

/** What a whole stream consists of, in the order of the bytes. */
export type StreamEvent =
  | { kind: 'xl-header'; offset: number; header: XlHeader }
  | { kind: 'libxl-header'; offset: number; header: LibxlHeaders }
  | { kind: 'libxl-record'; record: LibxlRecord }
  | { kind: 'libxc-header'; offset: number; header: LibxcHeaders }
  | { kind: 'libxc-record'; record: LibxcRecord }
  /** What comes after the stream: the sender's control messages in a recorded `xl migrate`. */
  | { kind: 'trailing'; offset: number; data: Uint8Array };

export interface StreamEventOptions {
  /** The outermost layer, where it should not be detected. */
  readonly framing?: Framing;
}

/**
 * All layers of the stream. Views in an event are valid until the next one; pages that are not read are skipped.
 * @throws StreamError
 */
export async function* streamEvents(reader: ByteReader, options: StreamEventOptions = {}): AsyncGenerator<StreamEvent> {
  const framing = options.framing ?? (await detectFraming(reader));
  if (framing === 'xl') {
    const offset = reader.offset;
    const header = await readXlHeader(reader);
    yield { kind: 'xl-header', offset, header };
    if ((header.mandatoryFlags & XL_FLAG_STREAM_V2) === 0) throw legacy(reader.offset);
  }
  if (framing === 'libxc') yield* bareLibxcEvents(reader);
  else yield* libxlEvents(reader);
  yield* trailingEvents(reader);
}

async function* libxlEvents(reader: ByteReader): AsyncGenerator<StreamEvent> {
  const libxl = new LibxlReader(reader);
  const libxc = new LibxcReader(reader);
  const offset = reader.offset;
  yield { kind: 'libxl-header', offset, header: await libxl.headers() };
  let inside = false;
  let ended = false;
  for (;;) {
    const record = await libxl.next();
    if (record === undefined) return;
    yield { kind: 'libxl-record', record };
    if (record.type === 'LIBXC_CONTEXT') inside = true;
    // A checkpointed stream comes back to libxc after each checkpoint of libxl's.
    if (record.type !== 'LIBXC_CONTEXT' && !(record.type === 'CHECKPOINT_END' && inside && !ended)) continue;
    ended = yield* libxcEvents(reader, libxc, record.type === 'LIBXC_CONTEXT');
  }
}

async function* bareLibxcEvents(reader: ByteReader): AsyncGenerator<StreamEvent> {
  const libxc = new LibxcReader(reader);
  let ended = yield* libxcEvents(reader, libxc, true);
  while (!ended) ended = yield* libxcEvents(reader, libxc, false);
}

/** Up to END or CHECKPOINT; answers whether it was END. */
async function* libxcEvents(
  reader: ByteReader,
  libxc: LibxcReader,
  withHeaders: boolean,
): AsyncGenerator<StreamEvent, boolean> {
  if (withHeaders) {
    const offset = reader.offset;
    yield { kind: 'libxc-header', offset, header: await libxc.headers() };
  }
  for (;;) {
    const record = await libxc.next();
    if (record === undefined) return true;
    yield { kind: 'libxc-record', record };
    if (record.type === 'END') return true;
    if (record.type === 'CHECKPOINT') return false;
  }
}

const TRAILING_PART = 4096;

async function* trailingEvents(reader: ByteReader): AsyncGenerator<StreamEvent> {
  for (;;) {
    const offset = reader.offset;
    const ahead = await reader.peek(TRAILING_PART);
    if (ahead.length === 0) return;
    yield { kind: 'trailing', offset, data: await reader.read(ahead.length) };
  }
}

function legacy(offset: number): StreamError {
  const message = 'a legacy stream (Xen 4.5 and older) follows, which must be converted first';
  return new StreamError(message, { code: 'LEGACY', rule: 'legacy', offset, layer: 'xl', spec: XL_SPEC });
}
