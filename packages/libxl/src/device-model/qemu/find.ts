import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LibxlError } from '../../errors.js';

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

/** A QEMU, or why there is none. */
export type FoundQemu = { readonly binary: string } | { readonly missing: string };

/**
 * The QEMU for a guest: its configuration's own (device_model_override), what XEN_QEMU names, Xen's, or one on the PATH.
 *
 * @throws LibxlError ERROR_INVAL where one is named that can't be executed
 */
export function findQemu(override: string | undefined, environment: NodeJS.ProcessEnv = process.env): FoundQemu {
  const named = override ?? environment[QEMU_VARIABLE] ?? '';
  if (named === 'none') return { missing: `${QEMU_VARIABLE} says none` };
  if (named !== '') {
    if (isExecutable(named)) return { binary: named };
    throw new LibxlError('ERROR_INVAL', `the device model ${named} is no program that can be executed`);
  }
  const onPath = (environment.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  const places = [...XEN_PLACES, ...onPath.flatMap((directory) => NAMES.map((name) => join(directory, name)))];
  const binary = places.find(isExecutable);
  return binary === undefined ? { missing: 'no QEMU is installed (Debian: qemu-system-xen)' } : { binary };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
