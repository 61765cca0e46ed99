import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

/** Real streams that are part of the project (testdata/README.md). */
export const KEPT = [
  'xen-4.17-hvm.save.gz',
  'xen-4.17-pv32.save.gz',
  'xen-4.17-pv32-2vcpus.save.gz',
  'xen-4.17-pv32-2vcpus-live.wire.gz',
  'xen-4.17-pv64-2vcpus.save.gz',
  'xen-4.17-pv64-2vcpus-live.wire.gz',
  'xen-4.17-pvh.save.gz',
  'xen-4.17-hvm-live.wire.gz',
  'broken/xen-4.17-pv32-lost-l1.save.gz',
] as const;
/** Those of them that nothing is wrong with. */
export const VALID = KEPT.filter((name) => !name.startsWith('broken/'));
/** Larger ones, which may stand beside the project. */
export const LARGER = ['xen-4.17-pv64.save.gz', 'xen-4.17-pv64-live.wire.gz'] as const;

export const PV64 = LARGER[0];
export const PV64_LIVE = LARGER[1];

const KEPT_FOLDER = fileURLToPath(new URL('../../../testdata/', import.meta.url));
const LARGER_FOLDER =
  process.env.XEN_STREAMS_DIR ?? fileURLToPath(new URL('../../../../../../shared/streams', import.meta.url));

export function streamPath(name: string): string {
  const kept = `${KEPT_FOLDER}${name}`;
  return existsSync(kept) ? kept : `${LARGER_FOLDER}/${name}`;
}

/** Why tests of the stream are skipped, for their names; empty where the stream is there. */
export function absent(name: string): string {
  return existsSync(streamPath(name)) ? '' : ' (skipped: not on this machine)';
}

/** What is inside the compressed file. */
export function loadStream(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gunzipSync(readFileSync(streamPath(name))));
}
