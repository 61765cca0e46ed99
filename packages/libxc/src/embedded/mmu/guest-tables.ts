import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';

/** Pins, unpins and changes page tables for a domain; each marks the table's page as written, as Xen does. */

/** @throws TableError */
export function pinTable(state: HostState, domain: Domain, level: 1 | 2 | 3 | 4, mfn: number): void {
  // Xen takes a 32-bit guest's wish for a level-4 table, and forgets it.
  if (domain.width === 4 && level === 4) return;
  state.machine.freeing((freed) => state.types.pin(mfn, domain, level, freed));
  state.markDirty(domain, mfn);
}

/** @throws TableError */
export function unpinTable(state: HostState, domain: Domain, mfn: number): void {
  state.machine.freeing((freed) => state.types.unpin(mfn, domain, freed));
  state.markDirty(domain, mfn);
}

/** @throws TableError */
export function updateEntry(
  state: HostState,
  domain: Domain,
  mfn: number,
  entry: number,
  low: number,
  high: number,
): void {
  state.machine.freeing((freed) => state.types.update(mfn, entry, low, high, domain, freed));
  state.markDirty(domain, mfn);
}
