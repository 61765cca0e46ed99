import { delimiter, join } from 'node:path';
import { type FoundProgram, findProgram } from '../find.js';

/** Where distributions and Xen's own build put the QEMU that Xen uses; the first is Debian's. */
const XEN_PLACES = [
  '/usr/libexec/xen-qemu-system-i386',
  '/usr/lib/xen/bin/qemu-system-i386',
  '/usr/lib/xen-4.17/bin/qemu-system-i386',
  '/usr/local/lib/xen/bin/qemu-system-i386',
];
const NAMES = ['qemu-system-i386', 'qemu-system-x86_64'];

/** Names a QEMU, or says `none`. */
export const QEMU_VARIABLE = 'XEN_QEMU';

/**
 * The QEMU for a guest: its configuration's own (device_model_override), what XEN_QEMU names, Xen's, or one on the PATH.
 *
 * @throws LibxlError ERROR_INVAL where one is named that can't be executed
 */
export function findQemu(override?: string, environment: NodeJS.ProcessEnv = process.env): FoundProgram {
  const onPath = (environment.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return findProgram({
    override,
    variable: QEMU_VARIABLE,
    value: environment[QEMU_VARIABLE],
    places: [...XEN_PLACES, ...onPath.flatMap((directory) => NAMES.map((name) => join(directory, name)))],
    missing: 'no QEMU is installed (Debian: qemu-system-xen)',
  });
}
