import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';
import { frameOf, PTE, TABLE_ENTRIES } from '../mmu/entries.js';

/** Whether a PV guest's page tables translate an address. */
export function translates(state: HostState, domain: Domain, root: number, virtual: bigint): boolean {
  const { machine } = state;
  let table = root;
  for (let level = domain.width === 8 ? 4 : 3; level > 0; level--) {
    if (machine.frames.ownerOf(table) !== domain.domid) return false;
    const index = Number((virtual >> BigInt(12 + 9 * (level - 1))) % BigInt(TABLE_ENTRIES));
    const words = machine.memory.words(table);
    if ((words[index * 2]! & PTE.present) === 0) return false;
    table = frameOf(words[index * 2]!, words[index * 2 + 1]!);
  }
  return machine.frames.ownerOf(table) === domain.domid;
}
