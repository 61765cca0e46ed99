import type { LibxlDomainConfig, LibxlHvmInfo } from '../../config/index.js';

export interface TraditionalInvocation {
  readonly domid: number;
  readonly config: LibxlDomainConfig;
  /** A file with the state that it starts from; undefined: it starts afresh. */
  readonly saved: string | undefined;
}

/** The arguments of a qemu-dm for an HVM guest, as libxl had them (libxl_dm.c of Xen 4.17, the old device model). */
export function traditionalArguments({ domid, config, saved }: TraditionalInvocation): string[] {
  const { c_info: created = {}, b_info: built = {}, nics = [] } = config;
  const hvm: LibxlHvmInfo = built['type.hvm'] ?? {};
  const text = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  const cards = nics.filter(({ nictype }) => nictype !== 'vif');
  const vcpus = built.max_vcpus ?? 1;
  return [
    '-d',
    String(domid),
    ...text('-domain-name', created.name),
    ...screen(hvm),
    ...text('-k', hvm.keymap),
    ...text('-serial', hvm.serial),
    ...(hvm.vga?.kind === 'std' ? ['-std-vga'] : []),
    ...(built.video_memkb === undefined ? [] : ['-videoram', String(Math.ceil(Number(built.video_memkb) / 1024))]),
    ...text('-boot', hvm.boot),
    ...(hvm.usb === 'True' || hvm.usbdevice !== undefined ? ['-usb', ...text('-usbdevice', hvm.usbdevice)] : []),
    ...text('-soundhw', hvm.soundhw),
    ...(hvm.acpi === 'False' ? [] : ['-acpi']),
    ...(vcpus > 1 ? ['-vcpus', String(vcpus), '-vcpu_avail', onlineMask(built.avail_vcpus ?? [0])] : []),
    ...(cards.length === 0 ? ['-net', 'none'] : cards.flatMap((card, i) => cardArguments(card, domid, i))),
    ...text('-loadvm', saved),
    ...(built.extra ?? []),
    '-M',
    'xenfv',
    ...(built.extra_hvm ?? []),
  ];
}

function screen({ vnc = {} }: LibxlHvmInfo): string[] {
  if (vnc.enable === 'False') return ['-nographic'];
  const { listen = '127.0.0.1', display = 0, findunused } = vnc;
  const address = listen.includes(':') ? listen : `${listen}:${display}`;
  return ['-vnc', address, ...(findunused === 'False' ? [] : ['-vncunused'])];
}

function onlineMask(online: readonly number[]): string {
  return `0x${online.reduce((mask, vcpu) => mask | (1n << BigInt(vcpu)), 0n).toString(16)}`;
}

type Card = NonNullable<LibxlDomainConfig['nics']>[number];

function cardArguments(
  { devid = -1, mac, model = 'rtl8139', ifname, bridge }: Card,
  domid: number,
  i: number,
): string[] {
  const id = devid < 0 ? i : devid;
  const tap = `${ifname ?? `vif${domid}.${id}`}-emu`;
  return [
    '-net',
    `nic,vlan=${id}${mac === undefined ? '' : `,macaddr=${mac}`},model=${model}`,
    '-net',
    `tap,vlan=${id},ifname=${tap}${bridge === undefined ? '' : `,bridge=${bridge}`},script=no,downscript=no`,
  ];
}
