import { convertedSource } from '@xen-migration/convert-legacy';
import { ByteReader } from '@xen-migration/stream-format';
import type { Defbool, LibxlDomainConfig } from '../config/index.js';
import { LibxlError } from '../errors.js';

/** Domains are restored from legacy streams, of Xen 4.5 and older (libxl.h). */
export const LIBXL_HAVE_SRM_V1 = 1;
/** Domains are restored from migration v2 streams, and saved to them (libxl.h). */
export const LIBXL_HAVE_SRM_V2 = 1;

/** 1: a legacy stream, 2: a libxl stream of migration v2. */
export type StreamVersion = 1 | 2;

/** libxl's structure of the same name (libxl_domain_restore_params). */
export interface DomainRestoreParams {
  /** What the stream is. The caller knows: xl from the flags of the save file's header. */
  readonly stream_version: StreamVersion;
  /** `remus`: checkpoints follow, and the domain goes on from the last whole one when the sender is gone. */
  readonly checkpointed_stream?: CheckpointedStream;
  /** COLO's, which this version has not. */
  readonly colo_proxy_script?: string;
  readonly userspace_colo_proxy?: Defbool;
}

export type CheckpointedStream = 'none' | 'remus' | 'colo';

/**
 * A reader of the v2 stream that the stream behind `reader` is, or is converted to as it is read. Which toolstack wrote a
 * legacy stream is found out; what kind of guest is in it the configuration says.
 *
 * @throws LibxlError ERROR_INVAL
 */
export function nativeReader(reader: ByteReader, config: LibxlDomainConfig, version: StreamVersion): NativeReader {
  if (version === 2) return { reader, close: async () => {} };
  if (version !== 1) throw new LibxlError('ERROR_INVAL', `a stream of version ${version}: only 1 and 2 are known`);
  const type = config.c_info?.type;
  if (type !== 'pv' && type !== 'hvm') {
    throw new LibxlError(
      'ERROR_INVAL',
      `a legacy stream holds a PV or an HVM guest, but the configuration says ${type}`,
    );
  }
  const converted = new ByteReader(convertedSource(reader, { guestType: type, format: 'libxl' }));
  return { reader: converted, close: () => converted.close() };
}

export interface NativeReader {
  readonly reader: ByteReader;
  /** Ends the conversion; the reader that was given stays open. */
  close(): Promise<void>;
}
