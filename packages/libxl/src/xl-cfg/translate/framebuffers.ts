import type { LibxlDeviceVfb, LibxlSdlInfo, LibxlVncInfo } from '../../config/index.js';
import { atoi, toInt32 } from '../c-numbers.js';
import { commaOptions, splitAtEquals } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { put, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';

interface Vfb extends Writable<LibxlDeviceVfb> {
  readonly vnc: Writable<LibxlVncInfo>;
  readonly sdl: Writable<LibxlSdlInfo>;
}

/** PV framebuffers, each with a PV keyboard. */
export function translateFramebuffers(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('vfb');
  if (list === undefined) return;
  const specs = leadingStrings(list);
  rest.vfbs = specs.map((spec, devid) => {
    const vfb: Vfb = { devid, vnc: {}, sdl: {} };
    for (const option of commaOptions(spec)) {
      const pair = splitAtEquals(option);
      if (pair === undefined) break;
      applyOption(vfb, ...pair);
    }
    return vfb;
  });
  rest.vkbs = specs.map((_, devid) => ({ devid }));
}

const flag = (value: string): 'True' | 'False' => (atoi(value) === 0 ? 'False' : 'True');

// Stock is silent on options that it does not know.
function applyOption(vfb: Vfb, name: string, value: string): void {
  switch (name) {
    case 'vnc':
      vfb.vnc.enable = flag(value);
      return;
    case 'vnclisten':
      vfb.vnc.listen = value;
      return;
    case 'vncpasswd':
      vfb.vnc.passwd = value;
      return;
    case 'vncdisplay':
      vfb.vnc.display = atoi(value);
      return;
    case 'vncunused':
      vfb.vnc.findunused = flag(value);
      return;
    case 'keymap':
      vfb.keymap = value;
      return;
    case 'sdl':
      vfb.sdl.enable = flag(value);
      return;
    case 'opengl':
      vfb.sdl.opengl = flag(value);
      return;
    case 'display':
      vfb.sdl.display = value;
      return;
    case 'xauthority':
      vfb.sdl.xauthority = value;
  }
}

/** The keys `vnc`, `sdl` and their kin: for the framebuffer of a PV guest that has no `vfb`, or for an HVM guest. */
export function translateGraphics(t: Translation, { type, hvm, rest }: Draft): void {
  if (type === 'pv' && (rest.vfbs ?? []).length === 0) {
    if ((t.lookup.long('vnc') ?? 0n) === 0n) return;
    const vfb: Writable<LibxlDeviceVfb> = { devid: 0, vnc: topLevelVnc(t), sdl: topLevelSdl(t) };
    put(vfb, 'keymap', t.lookup.string('keymap'));
    rest.vfbs = [vfb];
    rest.vkbs = [{ devid: 0 }];
    return;
  }
  // Of other guests stock reads the keys, with its warnings, and has no place for them.
  hvm.vnc = topLevelVnc(t);
  hvm.sdl = topLevelSdl(t);
}

function topLevelVnc({ lookup }: Translation): LibxlVncInfo {
  const vnc: Writable<LibxlVncInfo> = {};
  put(vnc, 'enable', lookup.defbool('vnc'));
  put(vnc, 'listen', lookup.string('vnclisten'));
  put(vnc, 'passwd', lookup.string('vncpasswd'));
  const display = lookup.long('vncdisplay');
  if (display !== undefined) vnc.display = toInt32(display);
  put(vnc, 'findunused', lookup.defbool('vncunused'));
  return vnc;
}

function topLevelSdl({ lookup }: Translation): LibxlSdlInfo {
  const sdl: Writable<LibxlSdlInfo> = {};
  put(sdl, 'enable', lookup.defbool('sdl'));
  put(sdl, 'opengl', lookup.defbool('opengl'));
  put(sdl, 'display', lookup.string('display'));
  put(sdl, 'xauthority', lookup.string('xauthority'));
  return sdl;
}
