import { enumFromName, GFX_PASSTHRU_KIND, HDTYPE, type LibxlSpiceInfo, VENDOR_DEVICE } from '../../config/index.js';
import { toInt32 } from '../c-numbers.js';
import { leadingStrings } from '../settings.js';
import { EXIT_ERROR_FAIL, EXIT_FAILURE, put, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';
import { invalidValue, namedMember } from './named-member.js';

/** The devices that an HVM guest's device model has. */
export function translateHvmDevices(t: Translation, draft: Draft): void {
  const { lookup } = t;
  const { hvm } = draft;
  translateVga(t, draft);
  const hdtype = namedMember(t, 'hdtype', HDTYPE);
  if (hdtype !== undefined) hvm.hdtype = hdtype;
  put(hvm, 'keymap', lookup.string('keymap'));
  hvm.spice = spice(t);
  put(hvm, 'nographic', lookup.defbool('nographic'));
  translateGraphicsPassthrough(t, draft);
  translateListOrString(t, draft, 'serial', 'serial_list');
  put(hvm, 'boot', lookup.string('boot'));
  put(hvm, 'usb', lookup.defbool('usb'));
  const version = lookup.long('usbversion');
  if (version !== undefined) hvm.usbversion = toInt32(version);
  translateListOrString(t, draft, 'usbdevice', 'usbdevice_list');
  put(hvm, 'vkb_device', lookup.defbool('vkb_device'));
  put(hvm, 'soundhw', lookup.string('soundhw'));
  put(hvm, 'xen_platform_pci', lookup.defbool('xen_platform_pci'));
  const { listen = '', display = 0 } = hvm.vnc ?? {};
  if (display !== 0 && listen.includes(':')) {
    throw t.refuse(EXIT_FAILURE, 'ERROR: Display specified both in vnclisten and vncdisplay!');
  }
  const vendor = lookup.string('vendor_device');
  if (vendor === undefined) return;
  const device = enumFromName(VENDOR_DEVICE, vendor);
  if (device === undefined) throw t.refuse(EXIT_ERROR_FAIL, `xl: unknown vendor_device '${vendor}'`);
  hvm.vendor_device = device;
}

const VGA = [
  ['stdvga', 'std'],
  ['cirrus', 'cirrus'],
  ['none', 'none'],
  ['qxl', 'qxl'],
] as const;

function translateVga(t: Translation, { hvm }: Draft): void {
  const name = t.lookup.string('vga');
  if (name !== undefined) {
    const kind = VGA.find(([key]) => key === name)?.[1];
    if (kind === undefined) throw t.refuse(EXIT_FAILURE, `Unknown vga "${name}" specified`);
    hvm.vga = { kind };
    return;
  }
  const standard = t.lookup.long('stdvga');
  if (standard !== undefined) hvm.vga = { kind: standard === 0n ? 'cirrus' : 'std' };
}

function spice({ lookup }: Translation): LibxlSpiceInfo {
  const info: Writable<LibxlSpiceInfo> = {};
  put(info, 'enable', lookup.defbool('spice'));
  const port = lookup.long('spiceport');
  if (port !== undefined) info.port = toInt32(port);
  const tlsPort = lookup.long('spicetls_port');
  if (tlsPort !== undefined) info.tls_port = toInt32(tlsPort);
  put(info, 'host', lookup.string('spicehost'));
  put(info, 'disable_ticketing', lookup.defbool('spicedisable_ticketing'));
  put(info, 'passwd', lookup.string('spicepasswd'));
  put(info, 'agent_mouse', lookup.defbool('spiceagent_mouse'));
  put(info, 'vdagent', lookup.defbool('spicevdagent'));
  put(info, 'clipboard_sharing', lookup.defbool('spice_clipboard_sharing'));
  const usb = lookup.long('spiceusbredirection');
  if (usb !== undefined) info.usbredirection = toInt32(usb);
  put(info, 'image_compression', lookup.string('spice_image_compression'));
  put(info, 'streaming_video', lookup.string('spice_streaming_video'));
  return info;
}

function translateGraphicsPassthrough(t: Translation, { hvm }: Draft): void {
  const number = t.lookup.quietLong('gfx_passthru');
  if (number !== undefined) {
    hvm.gfx_passthru = number === 0n ? 'False' : 'True';
    return;
  }
  const name = t.lookup.string('gfx_passthru');
  if (name === undefined) return;
  const kind = enumFromName(GFX_PASSTHRU_KIND, name);
  if (kind === undefined) throw invalidValue(t, 'gfx_passthru', name);
  hvm.gfx_passthru_kind = kind;
  hvm.gfx_passthru = 'True';
}

function translateListOrString<K extends 'serial' | 'usbdevice'>(
  { lookup }: Translation,
  { hvm }: Draft,
  key: K,
  listMember: `${K}_list`,
): void {
  const list = lookup.quietList(key);
  if (typeof list === 'string') put(hvm, key, lookup.string(key));
  else hvm[listMember] = leadingStrings(list);
}
