import { existsSync, readFileSync } from 'node:fs';
import type { Hypervisor } from '../hypervisor/hypervisor.js';

const CAPABILITIES = '/proc/xen/capabilities';
const HYPERCALL_DEVICE = '/dev/xen/privcmd';

/** Whether this machine is the control domain of a Xen host. */
export function isXenHost(): boolean {
  if (existsSync(CAPABILITIES)) return readFileSync(CAPABILITIES, 'utf8').includes('control_d');
  return existsSync(HYPERCALL_DEVICE);
}

/**
 * Connects to the Xen on which this control domain runs, through its own libraries (docs/real-xen.md). Needs root.
 *
 * @throws Error where Xen's libraries are not installed or its devices can't be opened; HypervisorError EOPNOTSUPP for a
 *   release of Xen that is not known here
 */
export async function openXen(): Promise<Hypervisor> {
  // Loaded where there is a Xen, which on most machines there is not.
  const [{ loadXenLibraries }, { xenHypervisor }] = await Promise.all([
    import('./native/libraries.js'),
    import('./xen-hypervisor.js'),
  ]);
  const libraries = loadXenLibraries();
  try {
    return await xenHypervisor(libraries);
  } catch (e) {
    libraries.close();
    throw e;
  }
}
