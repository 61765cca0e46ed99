import { isPinned, pageTableLevel } from '@xen-migration/stream-format';
import { isHypervisorError } from '../hypervisor/errors.js';
import type { Hypervisor, MmuExtOp } from '../hypervisor/hypervisor.js';
import { RestoreFault } from './errors.js';
import { ownFrame, type PvMemory } from './pv-memory.js';

const MAX_PIN_BATCH = 1024;

/** Pins the page tables that were pinned; Xen validates each one, and all below it. */
export async function pinPageTables(hypervisor: Hypervisor, domid: number, memory: PvMemory): Promise<void> {
  let ops: MmuExtOp[] = [];
  for (const [pfn, type] of memory.types.where(isPinned)) {
    const level = pageTableLevel(type) as MmuExtOp['level'];
    ops.push({ op: 'pin', level, mfn: ownFrame(memory, pfn, 'pinned page table', 'BAD_P2M') });
    if (ops.length < MAX_PIN_BATCH) continue;
    await pin(hypervisor, domid, ops);
    ops = [];
  }
  if (ops.length > 0) await pin(hypervisor, domid, ops);
}

async function pin(hypervisor: Hypervisor, domid: number, ops: readonly MmuExtOp[]): Promise<void> {
  try {
    await hypervisor.mmuExt(domid, ops);
  } catch (e) {
    if (!isHypervisorError(e)) throw e;
    throw new RestoreFault('PAGE_TABLES', `a page table was refused: ${e.message}`, { cause: e });
  }
}
