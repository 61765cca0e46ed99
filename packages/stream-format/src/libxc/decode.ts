import { StreamError, type StreamErrorCode } from '../errors/stream-error.js';
import { readFrames } from './frames.js';
import * as layouts from './layouts.js';
import { LIBXC_LAYOUT, type LibxcRecordName, libxcRecordName, OPTIONAL_RECORD } from './record-types.js';
import type { PlainLibxcRecord } from './records.js';

/** A body to be decoded: any record's but PAGE_DATA's. */
export interface RawRecord {
  readonly number: number;
  readonly index: number;
  /** Offset of the record's header. */
  readonly offset: number;
  readonly body: Uint8Array;
  readonly littleEndian: boolean;
}

/**
 * The record in the body. Reserved fields are ignored, as the specification wants of a restorer.
 * @throws StreamError BAD_LENGTH, BAD_VALUE
 */
export function decodeRecord(raw: RawRecord): PlainLibxcRecord {
  const name = libxcRecordName(raw.number);
  const { body } = raw;
  if (name === undefined) {
    const number = raw.number & ~OPTIONAL_RECORD;
    return { type: 'UNKNOWN', number, optional: raw.number >= OPTIONAL_RECORD, data: body };
  }
  switch (name) {
    case 'END':
    case 'VERIFY':
    case 'CHECKPOINT':
    case 'STATIC_DATA_END':
      requireLength(raw, name, body.length === 0, 'must be 0');
      return { type: name };
    case 'X86_PV_INFO':
      return decodePvInfo(raw);
    case 'X86_PV_P2M_FRAMES':
      return decodeP2mFrames(raw);
    case 'X86_PV_VCPU_BASIC':
    case 'X86_PV_VCPU_EXTENDED':
    case 'X86_PV_VCPU_XSAVE':
    case 'X86_PV_VCPU_MSRS': {
      const header = layouts.X86_PV_VCPU;
      requireLength(raw, name, body.length >= header.size, `must be at least ${header.size}`);
      const { vcpu_id } = header.read(body, raw.littleEndian);
      return { type: name, vcpu: vcpu_id, data: body.subarray(header.size) };
    }
    case 'X86_TSC_INFO':
      return decodeTscInfo(raw);
    case 'HVM_PARAMS':
      return decodeHvmParams(raw);
    case 'CHECKPOINT_DIRTY_PFN_LIST':
      requireLength(raw, name, body.length % 8 === 0, 'must be a multiple of 8');
      return { type: name, pfns: decodeFrames(raw, name, 0) };
    case 'SHARED_INFO':
      requireLength(raw, name, body.length === layouts.PAGE_SIZE, `must be ${layouts.PAGE_SIZE}`);
      return { type: name, data: body };
    case 'HVM_CONTEXT':
      requireLength(raw, name, body.length > 0, 'must not be 0');
      return { type: name, data: body };
    case 'X86_CPUID_POLICY':
      requireEntries(raw, name, layouts.CPUID_LEAF.size);
      return { type: name, data: body };
    case 'X86_MSR_POLICY':
      requireEntries(raw, name, layouts.MSR_ENTRY.size);
      return { type: name, data: body };
    case 'TOOLSTACK':
      return { type: name, data: body };
    case 'PAGE_DATA':
      throw new TypeError('PAGE_DATA is read page by page');
  }
}

function decodePvInfo(raw: RawRecord): PlainLibxcRecord {
  const name = 'X86_PV_INFO';
  const layout = layouts.X86_PV_INFO;
  requireLength(raw, name, raw.body.length === layout.size, `must be ${layout.size}`);
  const { guest_width: guestWidth, pt_levels: ptLevels } = layout.read(raw.body, raw.littleEndian);
  if (guestWidth === 4 && ptLevels === 3) return { type: name, guestWidth, ptLevels };
  if (guestWidth === 8 && ptLevels === 4) return { type: name, guestWidth, ptLevels };
  const message = `a guest of ${guestWidth} bytes' width with ${ptLevels} levels of page tables does not exist`;
  throw fault(raw, name, 'BAD_VALUE', 'pv-info-value', message, 0);
}

function decodeP2mFrames(raw: RawRecord): PlainLibxcRecord {
  const name = 'X86_PV_P2M_FRAMES';
  const { size } = layouts.X86_PV_P2M_FRAMES;
  const fits = raw.body.length >= size && raw.body.length % 8 === 0;
  requireLength(raw, name, fits, `must be ${size} and a multiple of 8 more`);
  const { start_pfn, end_pfn } = layouts.X86_PV_P2M_FRAMES.read(raw.body, raw.littleEndian);
  return { type: name, startPfn: start_pfn, endPfn: end_pfn, frames: decodeFrames(raw, name, size) };
}

function decodeTscInfo(raw: RawRecord): PlainLibxcRecord {
  const name = 'X86_TSC_INFO';
  const layout = layouts.X86_TSC_INFO;
  requireLength(raw, name, raw.body.length === layout.size, `must be ${layout.size}`);
  return { type: name, ...layout.read(raw.body, raw.littleEndian) };
}

function decodeHvmParams(raw: RawRecord): PlainLibxcRecord {
  const name = 'HVM_PARAMS';
  const header = layouts.HVM_PARAMS;
  const entry = layouts.HVM_PARAM_ENTRY;
  requireLength(raw, name, raw.body.length >= header.size, `must be at least ${header.size}`);
  const { count } = header.read(raw.body, raw.littleEndian);
  const wanted = header.size + count * entry.size;
  requireLength(raw, name, raw.body.length === wanted, `must be ${wanted} for ${count} parameters`);
  const params = Array.from({ length: count }, (_, i) =>
    entry.read(raw.body.subarray(header.size + i * entry.size), raw.littleEndian),
  );
  return { type: name, params };
}

function decodeFrames(raw: RawRecord, name: LibxcRecordName, start: number): Float64Array {
  const { frames, bad } = readFrames(raw.body.subarray(start), raw.littleEndian);
  if (bad === undefined) return frames;
  throw fault(raw, name, 'BAD_VALUE', 'frame-width', `frame ${bad} is wider than 52 bits`, start + bad * 8);
}

function requireEntries(raw: RawRecord, name: LibxcRecordName, size: number): void {
  const { length } = raw.body;
  requireLength(raw, name, length > 0 && length % size === 0, `must be a multiple of ${size}, and not 0`);
}

function requireLength(raw: RawRecord, name: LibxcRecordName, fits: boolean, rule: string): void {
  if (fits) return;
  throw fault(raw, name, 'BAD_LENGTH', 'record-length', `body of ${raw.body.length} bytes, ${rule}`, -4);
}

/** `at` counts from the body's start. */
function fault(
  raw: RawRecord,
  name: LibxcRecordName,
  code: StreamErrorCode,
  rule: string,
  message: string,
  at: number,
): StreamError {
  return new StreamError(message, {
    code,
    rule,
    offset: raw.offset + layouts.RECORD_HEADER.size + at,
    layer: 'libxc',
    record: { index: raw.index, type: raw.number, name },
    spec: LIBXC_LAYOUT[name].spec,
  });
}
