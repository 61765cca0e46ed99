import type { BuildDomainOptions, BuiltDomain } from './types.js';

/** Version-1 entries: flags u16, domid u16, frame u32 (public/grant_table.h). */
const ENTRY_SIZE = 8;
const PERMIT_ACCESS = 1;
/** Reserved entries of every guest's table (GNTTAB_RESERVED_CONSOLE, _XENSTORE). */
const CONSOLE_ENTRY = 0;
const XENSTORE_ENTRY = 1;

/** Lets the backends of console and xenstore map their rings by grant. */
export async function seedGrantTable(options: BuildDomainOptions, built: BuiltDomain): Promise<void> {
  const table = await options.hypervisor.mapGrantTable(options.domid);
  try {
    const page = table.page(0);
    const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
    const grant = (entry: number, backend: number, frame: number) => {
      if (backend === options.domid) return;
      view.setUint16(entry * ENTRY_SIZE + 2, backend, true);
      view.setUint32(entry * ENTRY_SIZE + 4, frame, true);
      view.setUint16(entry * ENTRY_SIZE, PERMIT_ACCESS, true);
    };
    grant(CONSOLE_ENTRY, options.console.domid, built.consoleGfn);
    grant(XENSTORE_ENTRY, options.store.domid, built.storeGfn);
  } finally {
    await table.unmap();
  }
}
