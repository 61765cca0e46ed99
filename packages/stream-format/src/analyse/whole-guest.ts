import { readSnapshot } from '../chain/snapshot.js';
import { StreamError } from '../errors/stream-error.js';
import { libxcSpec } from '../libxc/layouts.js';
import type { LibxcRecord } from '../libxc/records.js';

/**
 * Refuses what is only a part of a guest.
 * @throws StreamError UNSUPPORTED for an incremental save
 */
export function requireWholeGuest(record: LibxcRecord): void {
  if (record.type !== 'UNKNOWN' || readSnapshot(record)?.parent === undefined) return;
  const { offset, index, number: type } = record;
  const message = 'an incremental save holds only what the guest wrote since the save before: merge the two first';
  throw new StreamError(message, {
    code: 'UNSUPPORTED',
    rule: 'incremental-save',
    offset,
    layer: 'libxc',
    record: { index, type, name: 'SNAPSHOT' },
    spec: libxcSpec('Records'),
  });
}
