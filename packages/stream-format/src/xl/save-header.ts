import type { ByteReader } from '../bytes/byte-reader.js';
import { concatBytes } from '../bytes/concat.js';
import { StreamError, type StreamErrorCode } from '../errors/stream-error.js';
import { XL_FLAG_JSON, XL_FLAG_STREAM_V2, XL_HEADER, XL_MAGIC, XL_OPTIONAL_DATA, XL_SPEC } from './layouts.js';

/** A configuration is a few KiB; what claims more than this is no save file. */
const OPTIONAL_DATA_MAX = 16 * 1024 * 1024;

export interface XlHeader {
  byteorder: 'little' | 'big';
  mandatoryFlags: number;
  optionalFlags: number;
  /** As it stands in the file; the configuration with its length first. */
  optionalData: Uint8Array;
  /** The domain's configuration: JSON, or the text of a configuration file where the JSON flag is not set. */
  config?: string;
}

/**
 * The header at the start of a save file, with its optional data.
 * @throws StreamError BAD_MAGIC, BAD_VALUE, BAD_LENGTH, TRUNCATED
 */
export async function readXlHeader(reader: ByteReader): Promise<XlHeader> {
  reader.place = { layer: 'xl', spec: XL_SPEC };
  const start = reader.offset;
  const fixed = (await reader.read(XL_HEADER.size)).slice();
  const at = (field: Parameters<typeof XL_HEADER.offsetOf>[0]) => start + XL_HEADER.offsetOf(field);
  if (!isXlMagic(fixed)) throw fault('BAD_MAGIC', 'header-magic', 'this is no xl save file', at('magic'));
  const little = XL_HEADER.check(fixed, true).length === 0;
  if (!little && XL_HEADER.check(fixed, false).length > 0) {
    throw fault('BAD_VALUE', 'header-byteorder', 'the byte order mark has neither order', at('byteorder'));
  }
  const { mandatory_flags, optional_flags, optional_data_len } = XL_HEADER.read(fixed, little);
  const unknown = mandatory_flags & ~(XL_FLAG_JSON | XL_FLAG_STREAM_V2);
  if (unknown !== 0) {
    const message = `mandatory flags 0x${(unknown >>> 0).toString(16)} are not known`;
    throw fault('BAD_VALUE', 'header-mandatory-flags', message, at('mandatory_flags'));
  }
  if (optional_data_len > OPTIONAL_DATA_MAX) {
    const message = `optional data of ${optional_data_len} bytes, at most ${OPTIONAL_DATA_MAX} are accepted`;
    throw fault('BAD_LENGTH', 'header-optional-data', message, at('optional_data_len'));
  }
  const dataAt = reader.offset;
  const optionalData = (await reader.read(optional_data_len)).slice();
  const header: XlHeader = {
    byteorder: little ? 'little' : 'big',
    mandatoryFlags: mandatory_flags,
    optionalFlags: optional_flags,
    optionalData,
  };
  const config = configOf(optionalData, little, dataAt);
  return config === undefined ? header : { ...header, config };
}

/** The header as bytes, optional data and all. */
export function encodeXlHeader(header: Omit<XlHeader, 'config'>): Uint8Array {
  const little = header.byteorder === 'little';
  const fixed = XL_HEADER.write(
    {
      magic: XL_MAGIC,
      mandatory_flags: header.mandatoryFlags,
      optional_flags: header.optionalFlags,
      optional_data_len: header.optionalData.length,
    },
    little,
  );
  return concatBytes([fixed, header.optionalData]);
}

/** The header of a save file with this configuration (JSON), as xl writes it before a libxl stream. */
export function xlHeaderFor(config: string): XlHeader {
  const encoded = new TextEncoder().encode(config);
  const optionalData = concatBytes([XL_OPTIONAL_DATA.write({ config_length: encoded.length }, true), encoded]);
  const mandatoryFlags = encoded.length > 0 ? XL_FLAG_STREAM_V2 | XL_FLAG_JSON : XL_FLAG_STREAM_V2;
  return { byteorder: 'little', mandatoryFlags, optionalFlags: 0, optionalData, config };
}

/** Whether the bytes begin as an xl save file does. */
export function isXlMagic(start: Uint8Array): boolean {
  return start.length >= XL_MAGIC.length && XL_MAGIC.every((byte, i) => byte === start[i]);
}

function configOf(data: Uint8Array, little: boolean, offset: number): string | undefined {
  if (data.length === 0) return undefined;
  const { size } = XL_OPTIONAL_DATA;
  if (data.length < size) throw fault('BAD_LENGTH', 'config-length', 'no room for the length of the config', offset);
  const { config_length } = XL_OPTIONAL_DATA.read(data, little);
  if (config_length > data.length - size) {
    const message = `a config of ${config_length} bytes in ${data.length} bytes of optional data`;
    throw fault('BAD_LENGTH', 'config-length', message, offset);
  }
  return new TextDecoder().decode(data.subarray(size, size + config_length));
}

function fault(code: StreamErrorCode, rule: string, message: string, offset: number): StreamError {
  return new StreamError(message, { code, rule, offset, layer: 'xl', spec: XL_SPEC });
}
