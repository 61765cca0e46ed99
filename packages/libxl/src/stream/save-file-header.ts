import {
  type ByteReader,
  readXlHeader,
  XL_FLAG_JSON,
  XL_FLAG_STREAM_V2,
  type XlHeader,
  xlHeaderFor,
} from '@xen-migration/stream-format';
import { formatDomainConfig, type LibxlDomainConfig, parseDomainConfig } from '../config/index.js';
import { LibxlError } from '../errors.js';
import type { DomainRestoreParams } from './stream-version.js';

/** The header of a save file, as stock xl writes it: the configuration ends with a NUL, which stock xl relies upon. */
export function saveFileHeader(config: LibxlDomainConfig, domid: number): XlHeader {
  const { domid: _ignored, ...created } = config.c_info ?? {};
  const kept = { ...config, c_info: domid === 0 ? created : { ...created, domid } };
  return xlHeaderFor(`${formatDomainConfig(kept)}\0`);
}

export interface SaveFileStart {
  readonly header: XlHeader;
  readonly config: LibxlDomainConfig;
  /** Of the stream that follows. */
  readonly params: DomainRestoreParams;
}

/** Reads a configuration in the syntax of xl.cfg. */
export type ConfigTextParser = (text: string) => Promise<LibxlDomainConfig>;

export interface SaveFileHeaderOptions {
  /** Instead of the configuration in the file. */
  readonly config?: LibxlDomainConfig;
  /** For files of Xen 4.4 and older, whose configuration is not in JSON. */
  readonly parseConfigText?: ConfigTextParser;
}

/**
 * Reads a save file's header.
 *
 * @throws StreamError where it is none; LibxlError ERROR_INVAL where there is no configuration in it that can be read
 */
export async function readSaveFileHeader(
  reader: ByteReader,
  options: SaveFileHeaderOptions = {},
): Promise<SaveFileStart> {
  const header = await readXlHeader(reader);
  const config = options.config ?? (await savedConfig(header, options.parseConfigText));
  return { header, config, params: { stream_version: (header.mandatoryFlags & XL_FLAG_STREAM_V2) === 0 ? 1 : 2 } };
}

async function savedConfig(header: XlHeader, parse: ConfigTextParser | undefined): Promise<LibxlDomainConfig> {
  const text = header.config?.split('\0', 1)[0];
  if (text === undefined || text === '') {
    throw new LibxlError('ERROR_INVAL', 'Config file not specified and none in save file');
  }
  if ((header.mandatoryFlags & XL_FLAG_JSON) !== 0) return parseDomainConfig(text);
  if (parse !== undefined) return parse(text);
  throw new LibxlError('ERROR_INVAL', "the file's configuration is not in JSON: give a configuration");
}
