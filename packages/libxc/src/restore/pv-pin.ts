import { pageTableLevel } from '@xen-migration/stream-format';
import { isHypervisorError, isTableRefusal } from '../hypervisor/errors.js';
import type { Hypervisor, MmuExtOp } from '../hypervisor/hypervisor.js';
import type { EarlyPins } from './early-pins.js';
import { RestoreFault } from './errors.js';
import { ownFrame, type PvMemory } from './pv-memory.js';

const MAX_PIN_BATCH = 1024;

/** Pins the page tables that were pinned; Xen validates each one, and all below it. Early pins of those are kept. */
export async function pinPageTables(
  hypervisor: Hypervisor,
  domid: number,
  memory: PvMemory,
  earlyPins: EarlyPins,
): Promise<void> {
  for (const ops of batches(memory, earlyPins)) {
    try {
      await hypervisor.mmuExt(domid, ops);
    } catch (e) {
      if (!isTableRefusal(e)) throw e;
      // A frame may have been a table once and be none any more.
      if ((await earlyPins.release()) === 0) throw refused(e);
      await pinAnew(hypervisor, domid, ops);
    }
  }
}

function* batches(memory: PvMemory, earlyPins: EarlyPins): Generator<MmuExtOp[]> {
  let ops: MmuExtOp[] = [];
  for (const pfn of memory.types.pinnedTables()) {
    const level = pageTableLevel(memory.types.get(pfn)) as MmuExtOp['level'];
    if (level === 1 && earlyPins.keep(pfn)) continue;
    ops.push({ op: 'pin', level, mfn: ownFrame(memory, pfn, 'pinned page table', 'BAD_P2M') });
    if (ops.length < MAX_PIN_BATCH) continue;
    yield ops;
    ops = [];
  }
  if (ops.length > 0) yield ops;
}

/** After a failure, of which nobody says how far the batch came. */
async function pinAnew(hypervisor: Hypervisor, domid: number, ops: readonly MmuExtOp[]): Promise<void> {
  for (const op of ops) {
    try {
      await hypervisor.mmuExt(domid, [{ ...op, op: 'unpin' }]);
    } catch (e) {
      if (!isHypervisorError(e, 'EINVAL')) throw e;
      break;
    }
  }
  try {
    await hypervisor.mmuExt(domid, ops);
  } catch (e) {
    throw isTableRefusal(e) ? refused(e) : e;
  }
}

function refused(e: Error): RestoreFault {
  return new RestoreFault('PAGE_TABLES', `a page table was refused: ${e.message}`, { cause: e });
}
