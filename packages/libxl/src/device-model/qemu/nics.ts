import type { LibxlDomainConfig } from '../../config/index.js';
import { option } from './option.js';

const DEFAULT_MODEL = 'rtl8139';
/** Leaves the tap device to the hotplug scripts. */
const NO_SCRIPT = 'script=no,downscript=no';

/** Emulated network cards: those that the configuration does not leave to PV drivers alone. */
export function nicArguments({ nics = [] }: LibxlDomainConfig, domid: number): string[] {
  const emulated = nics.filter(({ nictype }) => nictype !== 'vif');
  if (emulated.length === 0) return ['-net', 'none'];
  return emulated.flatMap(({ model = DEFAULT_MODEL, mac, devid = -1, ifname, bridge }, i) => {
    const id = devid < 0 ? i : devid;
    const tap = ifname ?? `vif${domid}.${id}`;
    return [
      '-device',
      `${option(model)},id=nic${id},netdev=net${id}${mac === undefined ? '' : `,mac=${mac}`}`,
      '-netdev',
      `type=tap,id=net${id},ifname=${option(tap)}-emu${bridge === undefined ? '' : `,br=${option(bridge)}`},${NO_SCRIPT}`,
    ];
  });
}
