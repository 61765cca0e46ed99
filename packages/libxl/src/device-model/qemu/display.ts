import type { LibxlDomainConfig, LibxlHvmInfo } from '../../config/index.js';
import { LibxlError } from '../../errors.js';
import type { QemuMachine } from './machine.js';
import { option } from './option.js';

/** QEMU's own ports to try where the first is taken. */
const VNC_PORTS = 99;

const DEFAULT_VIDEO_KIB = 8192;

/** Screen, keyboard and graphics card. @throws LibxlError ERROR_INVAL, ERROR_NI for SDL, SPICE and graphics passthrough */
export function displayArguments(config: LibxlDomainConfig, machine: QemuMachine): string[] {
  const hvm: LibxlHvmInfo = config.b_info?.['type.hvm'] ?? {};
  const card = cardArguments(hvm, Number(config.b_info?.video_memkb ?? DEFAULT_VIDEO_KIB));
  // There is nothing to see on a machine that executes nothing.
  if (machine === 'standalone') return ['-vnc', 'none', '-display', 'none', ...card];
  if (hvm.spice?.enable === 'True') throw unsupported('SPICE');
  if (hvm.sdl?.enable === 'True') throw unsupported('SDL');
  if (hvm.gfx_passthru === 'True') throw unsupported('graphics passthrough');
  const keymap = hvm.keymap ?? '';
  return [
    '-vnc',
    vncArgument(hvm),
    '-display',
    'none',
    ...(keymap === '' ? [] : ['-k', keymap]),
    ...(hvm.nographic === 'True' && hvm.vnc?.enable === 'False' ? ['-nographic'] : []),
    ...card,
  ];
}

function vncArgument({ vnc = {} }: LibxlHvmInfo): string {
  if (vnc.enable === 'False') return 'none';
  const { listen = '127.0.0.1', display = 0, passwd = '', findunused } = vnc;
  if (listen.includes(':') && display !== 0) {
    throw new LibxlError('ERROR_INVAL', 'vncdisplay is set, and vnclisten has a display, too');
  }
  const address = listen.includes(':') ? listen : `${listen}:${display}`;
  const password = passwd === '' ? '' : ',password=on';
  return `${option(address)}${password}${findunused === 'False' ? '' : `,to=${VNC_PORTS}`}`;
}

function cardArguments({ vga }: LibxlHvmInfo, videoKib: number): string[] {
  const mib = Math.ceil(videoKib / 1024);
  switch (vga?.kind ?? 'cirrus') {
    case 'unknown':
    case 'cirrus':
      return ['-device', `cirrus-vga,vgamem_mb=${mib}`];
    case 'std':
      return ['-device', `VGA,vgamem_mb=${mib}`];
    case 'qxl':
      return ['-device', `qxl-vga,vram_size_mb=${Math.floor(mib / 2)},ram_size_mb=${Math.floor(mib / 2)}`];
    case 'none':
      return [];
  }
}

function unsupported(what: string): LibxlError {
  return new LibxlError('ERROR_NI', `this version starts no device model with ${what}`);
}
