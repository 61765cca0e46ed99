import { describe, expect, it } from 'vitest';
import { ByteReader } from '../bytes/byte-reader.js';
import { MemorySink } from '../bytes/byte-sink.js';
import { byteSource } from '../bytes/byte-source.js';
import { concatBytes } from '../bytes/concat.js';
import { StreamError } from '../errors/stream-error.js';
import { copyStream } from '../stream/copy.js';
import { streamEvents } from '../stream/events.js';
import { libxcPieces, type SampleOptions, saveFilePieces } from '../testing/sample-streams.js';
import { verifyStream } from './verify-stream.js';

// What verifier and readers say of streams that are damaged record by record, word for word: what people read.
const golden = (name: string) => new URL(`../../testdata/reports/${name}.txt`, import.meta.url).pathname;

interface Damage {
  readonly what: string;
  /** The pieces with the one at `i` damaged; undefined where it can't be. */
  readonly make: (pieces: readonly Uint8Array[], i: number, littleEndian: boolean) => Uint8Array[] | undefined;
}

const HEAD = 8;

const ORDER: readonly Damage[] = [
  { what: 'left out', make: (pieces, i) => pieces.toSpliced(i, 1) },
  { what: 'twice', make: (pieces, i) => pieces.toSpliced(i, 0, pieces[i] as Uint8Array) },
  { what: 'a place earlier', make: (pieces, i) => swapped(pieces, i) },
];

const CONTENTS: readonly Damage[] = [
  { what: 'unknown', make: changed((view, little) => view.setUint32(0, 0x55, little)) },
  { what: 'unknown, optional', make: changed((view, little) => view.setUint32(0, 0x8000_0055, little)) },
  { what: 'length + 8', make: changed((view, little) => view.setUint32(4, view.getUint32(4, little) + 8, little)) },
  { what: 'length - 1', make: changed((view, little) => view.setUint32(4, view.getUint32(4, little) - 1, little)) },
  { what: 'no body', make: resized(() => 0) },
  { what: 'a body of 8 bytes more', make: resized((length) => length + 8) },
  { what: 'a body of 8 bytes less', make: resized((length) => length - 8) },
  { what: 'first word all ones', make: word(0) },
  { what: 'second word all ones', make: word(4) },
  { what: 'third word all ones', make: word(8) },
  { what: 'last byte all ones', make: (pieces, i) => lastByte(pieces, i) },
];

function swapped(pieces: readonly Uint8Array[], i: number): Uint8Array[] {
  const [piece] = pieces.slice(i);
  return pieces.toSpliced(i, 1).toSpliced(i - 1, 0, piece as Uint8Array);
}

function changed(change: (view: DataView, littleEndian: boolean) => void): Damage['make'] {
  return (pieces, i, littleEndian) => {
    const piece = (pieces[i] as Uint8Array).slice();
    change(new DataView(piece.buffer), littleEndian);
    return pieces.with(i, piece);
  };
}

/** Of another length, which it says itself. */
function resized(size: (length: number) => number): Damage['make'] {
  return (pieces, i, littleEndian) => {
    const piece = pieces[i] as Uint8Array;
    const length = new DataView(piece.buffer).getUint32(4, littleEndian);
    const other = size(length);
    if (other < 0 || other === length) return undefined;
    const body = new Uint8Array(HEAD + Math.ceil(other / 8) * 8);
    body.set(piece.subarray(0, Math.min(HEAD + length, HEAD + other)));
    new DataView(body.buffer).setUint32(4, other, littleEndian);
    return pieces.with(i, body);
  };
}

function word(at: number): Damage['make'] {
  return (pieces, i, littleEndian) =>
    (pieces[i] as Uint8Array).length < HEAD + at + 4
      ? undefined
      : changed((view) => view.setUint32(HEAD + at, 0xffff_ffff))(pieces, i, littleEndian);
}

function lastByte(pieces: readonly Uint8Array[], i: number): Uint8Array[] {
  return pieces.with(i, (pieces[i] as Uint8Array).slice().fill(0xff, -1));
}

async function reportOf(stream: Uint8Array): Promise<string[]> {
  const { problems, warnings, stats } = await verifyStream(new ByteReader(byteSource(stream)));
  const lines = [...problems, ...warnings]
    .slice(0, 4)
    .map(({ offset, layer, recordIndex, recordName, rule, message, severity, spec }) => {
      const record = recordIndex === undefined ? '' : ` record ${recordIndex} (${recordName})`;
      return `  ${severity} at ${offset}, ${layer}${record}: ${rule}: ${message} [${spec}]`;
    });
  const { libxlRecords, libxcRecords, pages, bytes } = stats;
  const found = problems.length + warnings.length;
  lines.push(`  ${found} found in ${bytes} bytes, ${libxlRecords} + ${libxcRecords} records, ${pages} pages`);
  try {
    const sink = new MemorySink();
    await copyStream(new ByteReader(byteSource(stream)), sink);
    lines.push(`  copied: ${sink.bytes().length} bytes`);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    lines.push(`  not copied: ${error.code} ${error.rule}: ${error.message} [${error.spec}]`);
  }
  return lines;
}

const SAMPLES: readonly [string, SampleOptions, 'libxc' | 'save file'][] = [
  ['pv', { version: 3, endian: 'little', guestType: 'pv' }, 'libxc'],
  ['hvm', { version: 3, endian: 'little', guestType: 'hvm' }, 'libxc'],
  ['pv-v2-big-endian', { version: 2, endian: 'big', guestType: 'pv' }, 'libxc'],
  ['pv-checkpoint', { version: 3, endian: 'little', guestType: 'pv', checkpoints: 1 }, 'libxc'],
  ['hvm-checkpoint-file', { version: 3, endian: 'little', guestType: 'hvm', checkpoints: 1 }, 'save file'],
];

/** The record at each offset of a good stream: libxl's, or libxc's. */
async function recordsOf(stream: Uint8Array) {
  const records = new Map<number, { readonly layer: 'libxl' | 'libxc'; readonly type: string }>();
  for await (const event of streamEvents(new ByteReader(byteSource(stream)))) {
    if (event.kind === 'libxl-record') records.set(event.record.offset, { layer: 'libxl', type: event.record.type });
    if (event.kind === 'libxc-record') records.set(event.record.offset, { layer: 'libxc', type: event.record.type });
  }
  return records;
}

describe('reports', () => {
  it.each(SAMPLES)('of each record of %s, damaged in every way', async (name, options, kind) => {
    const pieces = await (kind === 'libxc' ? libxcPieces(options) : saveFilePieces(options));
    const records = await recordsOf(concatBytes(pieces));
    const page = ['intact', ...(await reportOf(concatBytes(pieces))), ''];
    let offset = 0;
    for (const [i, piece] of pieces.entries()) {
      const record = records.get(offset);
      offset += piece.length;
      if (record === undefined) continue;
      // Of libxc's records in a stream with checkpoints only the order is of interest.
      const inOrder = options.checkpoints !== undefined && record.layer === 'libxc';
      for (const { what, make } of inOrder ? ORDER : [...ORDER, ...CONTENTS]) {
        const damaged = make(pieces, i, options.endian === 'little');
        if (damaged === undefined) continue;
        page.push(`${record.layer} ${record.type} (${i}): ${what}`, ...(await reportOf(concatBytes(damaged))), '');
      }
    }
    await expect(page.join('\n')).toMatchFileSnapshot(golden(name));
  });

  it('of each byte of the headers, changed', async () => {
    const file = concatBytes(await saveFilePieces({ version: 3, endian: 'big', guestType: 'hvm' }));
    const page: string[] = [];
    const headers = await headersOf(file);
    for (const { kind, start, end } of headers) {
      for (let at = start; at < end; at++) {
        for (const mask of [0xff, 0x02]) {
          const spoilt = file.slice();
          spoilt[at] = (spoilt[at] ?? 0) ^ mask;
          const [first = '', ...rest] = await reportOf(spoilt);
          page.push(`${kind} + ${at - start} ^ 0x${mask.toString(16)}`, first, rest.at(-1) ?? '', '');
        }
      }
    }
    await expect(page.join('\n')).toMatchFileSnapshot(golden('headers'));
  });
});

async function headersOf(stream: Uint8Array) {
  const headers: { readonly kind: string; readonly start: number; readonly end: number }[] = [];
  const reader = new ByteReader(byteSource(stream));
  for await (const event of streamEvents(reader)) {
    if ('header' in event) headers.push({ kind: event.kind, start: event.offset, end: reader.offset });
  }
  return headers;
}
