import type { LibxlDomainConfig, LibxlHvmInfo } from '../../config/index.js';
import { LibxlError } from '../../errors.js';
import { diskArguments } from './disks.js';
import { displayArguments } from './display.js';
import type { QemuMachine } from './machine.js';
import { nicArguments } from './nics.js';
import { option } from './option.js';

/** What a QEMU for an HVM guest is started with. */
export interface QemuInvocation {
  readonly domid: number;
  readonly config: LibxlDomainConfig;
  readonly machine: QemuMachine;
  /** Paths of its two QMP sockets: the toolstack's, and one for whoever watches it (as libxl has them). */
  readonly sockets: { readonly command: string; readonly statistics: string };
  /** Descriptor that its saved state is read from; undefined: it starts afresh. */
  readonly incoming: number | undefined;
}

/** What Xen's machine sets for itself, and without which a state that was saved for Xen can't be loaded. */
const XEN_STATE_FORMAT = ['send-configuration', 'store-global-state', 'send-section-footer'];

const MIB = 1024;

/**
 * The arguments of a QEMU for an HVM guest, as libxl has them (libxl_dm.c). It starts stopped: `cont` lets it go.
 *
 * @throws LibxlError ERROR_INVAL for a configuration that QEMU can't have, ERROR_NI for what this version does not start
 */
export function qemuArguments(invocation: QemuInvocation): string[] {
  const { domid, config, machine, sockets, incoming } = invocation;
  const hvm: LibxlHvmInfo = config.b_info?.['type.hvm'] ?? {};
  const xen = machine === 'xen';
  return [
    ...(xen ? ['-xen-domid', String(domid)] : []),
    '-no-shutdown',
    ...monitor('libxl-cmd', sockets.command),
    ...monitor('libxenstat-cmd', sockets.statistics),
    '-S',
    '-nodefaults',
    '-no-user-config',
    ...(config.c_info?.name === undefined ? [] : ['-name', option(config.c_info.name)]),
    ...displayArguments(config, machine),
    ...serialArguments(hvm, machine),
    ...(hvm.boot === undefined ? [] : ['-boot', `order=${option(hvm.boot)}`]),
    ...usbArguments(hvm),
    ...soundArguments(hvm),
    ...((config.b_info?.acpi ?? hvm.acpi) === 'False' ? ['-no-acpi'] : []),
    ...vcpuArguments(config),
    ...(xen ? nicArguments(config, domid) : ['-net', 'none']),
    ...(xen ? kernelArguments(config) : []),
    ...(incoming === undefined ? [] : ['-incoming', `fd:${incoming}`]),
    ...(xen ? extraArguments(config) : []),
    ...machineArguments(hvm, machine),
    '-m',
    String(memoryMib(config)),
    ...(xen ? diskArguments(config) : []),
    ...(xen && hvm.vendor_device === 'xenserver' ? ['-device', 'xen-pvdevice,device-id=0xc000'] : []),
  ];
}

function monitor(id: string, path: string): string[] {
  return ['-chardev', `socket,id=${id},path=${option(path)},server=on,wait=off`, '-mon', `chardev=${id},mode=control`];
}

function serialArguments(hvm: LibxlHvmInfo, machine: QemuMachine): string[] {
  if (hvm.serial !== undefined && hvm.serial_list !== undefined) {
    throw new LibxlError('ERROR_INVAL', 'both serial and serial_list are set');
  }
  const ports = hvm.serial === undefined ? (hvm.serial_list ?? []) : [hvm.serial];
  // Nobody would read what a standalone machine says.
  return ports.flatMap((port) => ['-serial', machine === 'xen' ? port : 'null']);
}

function usbArguments(hvm: LibxlHvmInfo): string[] {
  if (hvm.usbdevice !== undefined && (hvm.usbdevice_list?.length ?? 0) > 0) {
    throw new LibxlError('ERROR_INVAL', 'both usbdevice and usbdevice_list are set');
  }
  const devices = hvm.usbdevice === undefined ? (hvm.usbdevice_list ?? []) : [hvm.usbdevice];
  if (hvm.usb === 'True' || devices.length > 0) {
    return ['-usb', ...devices.flatMap((device) => ['-usbdevice', device])];
  }
  switch (hvm.usbversion ?? 0) {
    case 0:
      return [];
    case 1:
      return ['-device', 'piix3-usb-uhci,id=usb'];
    case 2:
      return [
        '-device',
        'ich9-usb-ehci1,id=usb,addr=0x1d.0x7,multifunction=on',
        ...[1, 2, 3].flatMap((i) => [
          '-device',
          `ich9-usb-uhci${i},masterbus=usb.0,firstport=${2 * (i - 1)},addr=0x1d.0x${i - 1},multifunction=on`,
        ]),
      ];
    case 3:
      return ['-device', 'nec-usb-xhci,id=usb'];
    default:
      throw new LibxlError('ERROR_INVAL', `usbversion is 1, 2 or 3, not ${hvm.usbversion}`);
  }
}

/** The names that QEMU once had for its sound cards, and their devices now. */
const SOUND: Readonly<Record<string, readonly string[]>> = {
  ac97: ['AC97'],
  adlib: ['adlib'],
  cs4231a: ['cs4231a'],
  es1370: ['ES1370'],
  gus: ['gus'],
  hda: ['intel-hda', 'hda-duplex'],
  sb16: ['sb16'],
};

function soundArguments({ soundhw }: LibxlHvmInfo): string[] {
  if (soundhw === undefined) return [];
  const devices = SOUND[soundhw];
  if (devices === undefined) throw new LibxlError('ERROR_INVAL', `there is no sound card '${soundhw}'`);
  return devices.flatMap((device) => ['-device', device]);
}

function vcpuArguments({ b_info: built = {} }: LibxlDomainConfig): string[] {
  const max = built.max_vcpus ?? 1;
  if (max <= 1) return [];
  const online = built.avail_vcpus?.length ?? 0;
  return ['-smp', online === 0 ? String(max) : `${online},maxcpus=${max}`];
}

/** A kernel that the guest boots without its firmware's help. QEMU's state has it, so a received guest needs it, too. */
function kernelArguments({ b_info: built = {} }: LibxlDomainConfig): string[] {
  if (built.kernel === undefined || built.kernel === '') return [];
  return [
    ...['-kernel', built.kernel],
    ...(built.ramdisk === undefined ? [] : ['-initrd', built.ramdisk]),
    ...(built.cmdline === undefined ? [] : ['-append', built.cmdline]),
  ];
}

function extraArguments({ b_info: built = {} }: LibxlDomainConfig): string[] {
  return [...(built.extra ?? []), ...(built.extra_hvm ?? [])];
}

function machineArguments(hvm: LibxlHvmInfo, machine: QemuMachine): string[] {
  if (machine === 'xen') {
    return [
      '-machine',
      hvm.xen_platform_pci === 'False' ? 'pc,accel=xen,suppress-vmdesc=on' : 'xenfv,suppress-vmdesc=on',
    ];
  }
  return [
    // The accelerator that executes nothing. Xen's machine insists on Xen.
    '-machine',
    'pc,accel=qtest,suppress-vmdesc=on',
    ...XEN_STATE_FORMAT.flatMap((name) => ['-global', `migration.${name}=off`]),
  ];
}

/** Without the video memory, which is the graphics card's. */
function memoryMib({ b_info: built = {} }: LibxlDomainConfig): number {
  const memory = Number(built.max_memkb ?? built.target_memkb ?? 0) - Number(built.video_memkb ?? 0);
  return Math.max(1, Math.ceil(memory / MIB));
}
