import type { Hypervisor } from '../hypervisor/hypervisor.js';

/** The two entries of a guest's grant table that its toolstack owns (Xen's public grant_table.h), by index. */
const RESERVED_ENTRY = { console: 0, xenstore: 1 } as const;

/** A version 1 entry: flags u16, domid u16, frame u32. */
const ENTRY_SIZE = 8;
const GTF_PERMIT_ACCESS = 1;

export interface RingGrant {
  readonly entry: keyof typeof RESERVED_ENTRY;
  readonly gfn: number | undefined;
  /** The domain that serves the ring. */
  readonly backend: number;
}

/** Lets the domains that serve the xenstore and console rings map them by grant. */
export async function seedGrantTable(
  hypervisor: Hypervisor,
  domid: number,
  grants: readonly RingGrant[],
): Promise<void> {
  const mapping = await hypervisor.mapGrantTable(domid);
  try {
    const page = mapping.page(0);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    for (const { entry, gfn, backend } of grants) {
      if (gfn === undefined || backend === domid) continue;
      const at = RESERVED_ENTRY[entry] * ENTRY_SIZE;
      view.setUint32(at + 4, gfn, true);
      view.setUint16(at + 2, backend, true);
      view.setUint16(at, GTF_PERMIT_ACCESS, true);
    }
  } finally {
    await mapping.unmap();
  }
}
