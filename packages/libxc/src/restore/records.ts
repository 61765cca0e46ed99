import type { LibxcRecord } from '@xen-migration/stream-format';
import { RestoreFault } from './errors.js';
import type { RestoreGuest } from './guest-type.js';

/** Nobody knows it, and nobody needs to. */
export function isOptional(record: LibxcRecord): boolean {
  return record.type === 'UNKNOWN' && record.optional;
}

export function unexpectedRecord(record: LibxcRecord): RestoreFault {
  const name = record.type === 'UNKNOWN' ? `record of unknown type ${record.number}` : record.type;
  return new RestoreFault('UNEXPECTED_RECORD', `a mandatory ${name} does not belong into this guest's stream`);
}

/** @throws RestoreFault for a record, or a pfn, that has no place after the static data of that guest */
export function checkContents(record: LibxcRecord, guest: RestoreGuest): void {
  switch (record.type) {
    case 'PAGE_DATA':
      guest.checkPfns(record.pfns);
      return;
    case 'VERIFY':
    case 'X86_TSC_INFO':
      return;
    case 'STATIC_DATA_END':
    case 'X86_CPUID_POLICY':
    case 'X86_MSR_POLICY':
      throw new RestoreFault('ORDER', `${record.type} after the end of the static data`);
    default:
      if (!isOptional(record) && !guest.recordTypes.has(record.type)) throw unexpectedRecord(record);
  }
}
