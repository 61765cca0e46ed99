import { BIOS_TYPE, enumFromName } from '../../config/index.js';
import { EXIT_FAILURE, put, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { namedMember } from './named-member.js';

/** Where Debian keeps the firmware images of Xen. */
const FIRMWARE_DIRECTORY = '/usr/lib/xen-4.17/boot';

export function translateHvmFirmware(t: Translation, { build, hvm }: Draft): void {
  if (basename(build.kernel) === 'hvmloader') {
    t.say(
      'WARNING: you seem to be using "kernel" directive to override HVM guest firmware. Ignore that. ' +
        'Use "firmware_override" instead if you really want a non-default firmware',
    );
    delete build.kernel;
  }
  put(hvm, 'firmware', t.lookup.string('firmware_override'));
  put(hvm, 'system_firmware', t.lookup.string('bios_path_override'));
  const bios = namedMember(t, 'bios', BIOS_TYPE);
  if (bios !== undefined) hvm.bios = bios;
  else if (hvm.system_firmware !== undefined) t.say('WARNING: bios_path_override given without specific bios name');
}

const basename = (path: string | undefined): string => path?.slice(path.lastIndexOf('/') + 1) ?? '.';

/** `firmware`: a BIOS by its name, uefi or bios, or else a path. */
export function translateHvmFirmwareKey(t: Translation, { hvm }: Draft): void {
  const name = t.lookup.string('firmware');
  if (name === undefined) return;
  const bios = enumFromName(BIOS_TYPE, name);
  if (bios !== undefined) hvm.bios = bios;
  else if ('uefi'.startsWith(name)) hvm.bios = 'ovmf';
  else if (!'bios'.startsWith(name)) hvm.firmware = name;
}

/** PV and PVH guests: a kernel, a boot loader, or GRUB as firmware. */
export function translateKernelOrFirmware(t: Translation, { build }: Draft): void {
  const name = t.lookup.string('firmware');
  if (name !== undefined) {
    if (build.kernel !== undefined) throw t.refuse(EXIT_FAILURE, 'ERROR: both kernel and firmware specified');
    if (!'pvgrub32'.startsWith(name) && !'pvgrub64'.startsWith(name)) {
      throw t.refuse(EXIT_FAILURE, 'ERROR: only pvgrub{32|64} supported as firmware options');
    }
    build.kernel = `${FIRMWARE_DIRECTORY}/${name}.bin`;
  }
  if (build.bootloader === undefined && build.kernel === undefined) {
    throw t.refuse(EXIT_FAILURE, 'Neither kernel nor bootloader specified');
  }
}
