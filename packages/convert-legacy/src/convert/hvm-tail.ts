import { type LibxcWriter, REC_LENGTH_MAX } from '@xen-migration/stream-format';
import { HVM_PARAM_BUFIOREQ_PFN, HVM_PARAM_IOREQ_PFN, HVM_PARAM_STORE_PFN } from '../layout/chunks.js';
import { HVM_TAIL } from '../layout/layouts.js';
import type { LegacyReader } from '../read/legacy-reader.js';
import type { Trace } from './options.js';

/** An HVM guest's tail: three pages that its device model and xenstore share with it, and its HVM context. */
export async function convertHvmTail(legacy: LegacyReader, libxc: LibxcWriter, trace: Trace): Promise<void> {
  legacy.enterPart('HVM tail');
  const at = legacy.offset;
  const tail = HVM_TAIL.read(await legacy.bytes(HVM_TAIL.size), true);
  const length = tail.context_length;
  trace?.(`${at}: I/O request pfns 0x${tail.ioreq_pfn.toString(16)} 0x${tail.bufioreq_pfn.toString(16)}`);
  trace?.(`  xenstore pfn 0x${tail.store_pfn.toString(16)}, HVM context of ${length} bytes`);
  await libxc.record({
    type: 'HVM_PARAMS',
    params: [
      { index: HVM_PARAM_IOREQ_PFN, value: tail.ioreq_pfn },
      { index: HVM_PARAM_BUFIOREQ_PFN, value: tail.bufioreq_pfn },
      { index: HVM_PARAM_STORE_PFN, value: tail.store_pfn },
    ],
  });
  legacy.enterPart('HVM context');
  if (length === 0 || length > REC_LENGTH_MAX) {
    const message = `${length} bytes, 1 to ${REC_LENGTH_MAX} are possible`;
    throw legacy.fault('BAD_LENGTH', 'hvm-context-length', message, at + HVM_TAIL.offsetOf('context_length'));
  }
  await libxc.record({ type: 'HVM_CONTEXT', data: await legacy.bytes(length) });
}
