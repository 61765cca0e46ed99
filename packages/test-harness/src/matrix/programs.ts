import { testQemu } from '../device-model/qemu.js';
import { writeTraditionalStarter } from '../device-model/traditional/starter.js';
import type { DeviceModelPrograms } from './guests.js';

/**
 * Finds the programs that play device models: Debian's QEMU for Xen (fetched into a cache where it is not installed), and
 * for the old one, which no distribution has any more, the harness's stand-in that speaks its protocol.
 *
 * @param folder for what has to be written
 */
export function deviceModelPrograms(folder: string): DeviceModelPrograms {
  const qemu = testQemu();
  return {
    'qemu-traditional': { program: writeTraditionalStarter(folder) },
    'qemu-upstream': 'missing' in qemu ? qemu : { program: qemu.binary },
  };
}
