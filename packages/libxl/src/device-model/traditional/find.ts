import { type FoundProgram, findProgram } from '../find.js';

/** Names a qemu-dm, or says `none`. */
export const TRADITIONAL_VARIABLE = 'XEN_QEMU_TRADITIONAL';

const PLACES = ['/usr/lib/xen/bin/qemu-dm', '/usr/lib/xen-4.17/bin/qemu-dm', '/usr/local/lib/xen/bin/qemu-dm'];

/**
 * The qemu-dm for a guest: its configuration's own (device_model_override), what XEN_QEMU_TRADITIONAL names, or Xen's.
 *
 * @throws LibxlError ERROR_INVAL where one is named that can't be executed
 */
export function findTraditional(override?: string, environment: NodeJS.ProcessEnv = process.env): FoundProgram {
  return findProgram({
    override,
    variable: TRADITIONAL_VARIABLE,
    value: environment[TRADITIONAL_VARIABLE],
    places: PLACES,
    missing: 'no qemu-dm is installed (Xen 4.21 dropped qemu-traditional, and no distribution ships it any more)',
  });
}
