import type { Defbool } from '../config/index.js';
import { LibxlError } from '../errors.js';

/** libxl_domain_remus_info. A field that is absent has libxl's default. */
export interface DomainRemusInfo {
  /** Milliseconds between two checkpoints; default 200. */
  readonly interval?: number;
  /** What the backup does not have may be lost. */
  readonly allow_unsafe?: Defbool;
  /** To nobody, for tests. */
  readonly blackhole?: Defbool;
  readonly compression?: Defbool;
  /** Hold the guest's network traffic back until the checkpoint is whole. Default: 'True'. */
  readonly netbuf?: Defbool;
  readonly netbufscript?: string;
  /** Replicate the guest's disks. Default: 'True'. */
  readonly diskbuf?: Defbool;
  readonly colo?: Defbool;
  readonly userspace_colo_proxy?: Defbool;
}

const INTERVAL_MS = 200;

/**
 * @returns the interval in milliseconds
 * @throws LibxlError ERROR_INVAL as libxl, for what is unsafe and not allowed to be; ERROR_NI for what this version has not
 */
export function checkRemusInfo(info: DomainRemusInfo): number {
  const {
    interval = INTERVAL_MS,
    allow_unsafe,
    blackhole,
    netbuf = 'True',
    diskbuf = 'True',
    colo,
    compression,
  } = info;
  if (colo === 'True' || info.userspace_colo_proxy === 'True') throw missing('COLO');
  const unsafe = blackhole === 'True' || netbuf === 'False' || diskbuf === 'False';
  if (unsafe && allow_unsafe !== 'True') {
    throw new LibxlError(
      'ERROR_INVAL',
      'Unsafe mode must be enabled to replicate to /dev/null, disable network buffering and disk replication',
    );
  }
  if (netbuf === 'True') throw missing('network buffering (netbuf)');
  if (diskbuf === 'True') throw missing('disk replication (diskbuf)');
  if (compression === 'True') throw missing('compressed checkpoints: the stream of migration v2 has none');
  if (!(interval > 0)) throw new LibxlError('ERROR_INVAL', `an interval of ${interval} ms between checkpoints`);
  return interval;
}

function missing(what: string): LibxlError {
  return new LibxlError('ERROR_NI', `this version has no ${what}`);
}
