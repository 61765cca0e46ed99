import { markConsoleDisconnected } from '../restore/console-ring.js';
import { seedGrantTable } from '../restore/grant-table.js';
import type { GuestMemory } from './guest-memory.js';
import type { BuildDomainOptions, BuiltDomain } from './types.js';

/** The rings' pages are there, zeroed: nobody serves the console yet, and both backends may map theirs by grant. */
export async function openRings(
  { hypervisor, domid, console, store }: BuildDomainOptions,
  built: BuiltDomain,
  frames: GuestMemory,
): Promise<void> {
  await frames.withFrames(Float64Array.of(built.consoleGfn), markConsoleDisconnected);
  await seedGrantTable(hypervisor, domid, [
    { entry: 'console', gfn: built.consoleGfn, backend: console.domid },
    { entry: 'xenstore', gfn: built.storeGfn, backend: store.domid },
  ]);
}
