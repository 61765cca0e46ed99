import type { LibxlDeviceNic } from '../../config/index.js';
import { parseUlong, toInt32, toUint32 } from '../c-numbers.js';
import { commaOptions, splitAtEquals } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { put, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';
import { parseVifRate } from './nic-rate.js';
import { requireUlong } from './vnuma.js';

type Nic = Writable<LibxlDeviceNic>;
type StringMember = Exclude<{ [K in keyof Nic]-?: string extends NonNullable<Nic[K]> ? K : never }[keyof Nic], 'mac'>;

/** Options whose value goes into a member as it is. */
const STRINGS = new Map<string, StringMember>([
  ['bridge', 'bridge'],
  ['gatewaydev', 'gatewaydev'],
  ['ip', 'ip'],
  ['script', 'script'],
  ['backend', 'backend_domname'],
  ['vifname', 'ifname'],
  ['model', 'model'],
  ['forwarddev', 'coloft_forwarddev'],
]);

const COLO_STRINGS = [
  'colo_sock_mirror_id',
  'colo_sock_mirror_ip',
  'colo_sock_mirror_port',
  'colo_sock_compare_pri_in_id',
  'colo_sock_compare_pri_in_ip',
  'colo_sock_compare_pri_in_port',
  'colo_sock_compare_sec_in_id',
  'colo_sock_compare_sec_in_ip',
  'colo_sock_compare_sec_in_port',
  'colo_sock_compare_notify_id',
  'colo_sock_compare_notify_ip',
  'colo_sock_compare_notify_port',
  'colo_sock_redirector0_id',
  'colo_sock_redirector0_ip',
  'colo_sock_redirector0_port',
  'colo_sock_redirector1_id',
  'colo_sock_redirector1_ip',
  'colo_sock_redirector1_port',
  'colo_sock_redirector2_id',
  'colo_sock_redirector2_ip',
  'colo_sock_redirector2_port',
  'colo_filter_mirror_queue',
  'colo_filter_mirror_outdev',
  'colo_filter_redirector0_queue',
  'colo_filter_redirector0_indev',
  'colo_filter_redirector0_outdev',
  'colo_filter_redirector1_queue',
  'colo_filter_redirector1_indev',
  'colo_filter_redirector1_outdev',
  'colo_compare_pri_in',
  'colo_compare_sec_in',
  'colo_compare_out',
  'colo_compare_notify_dev',
  'colo_sock_sec_redirector0_id',
  'colo_sock_sec_redirector0_ip',
  'colo_sock_sec_redirector0_port',
  'colo_sock_sec_redirector1_id',
  'colo_sock_sec_redirector1_ip',
  'colo_sock_sec_redirector1_port',
  'colo_filter_sec_redirector0_queue',
  'colo_filter_sec_redirector0_indev',
  'colo_filter_sec_redirector0_outdev',
  'colo_filter_sec_redirector1_queue',
  'colo_filter_sec_redirector1_indev',
  'colo_filter_sec_redirector1_outdev',
  'colo_filter_sec_rewriter0_queue',
  'colo_checkpoint_host',
  'colo_checkpoint_port',
] as const satisfies readonly StringMember[];
for (const name of COLO_STRINGS) STRINGS.set(name, name);

export function translateNics(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('vif');
  if (list !== undefined) {
    rest.nics = leadingStrings(list).map((spec, devid) => {
      const nic: Nic = { devid, ...defaultsOfXlConf(t) };
      // Stock says what is wrong with an option and takes the others.
      for (const option of commaOptions(spec)) applyOption(t, nic, option);
      return nic;
    });
  }
  if (t.lookup.list('vif2') !== undefined) {
    t.say('WARNING: vif2: netchannel2 is deprecated and not supported by xl');
  }
}

function defaultsOfXlConf({ defaults: { vif } }: Translation): Nic {
  const nic: Nic = {};
  put(nic, 'script', vif?.script);
  put(nic, 'bridge', vif?.bridge);
  put(nic, 'gatewaydev', vif?.gatewaydev);
  put(nic, 'backend_domname', vif?.backend);
  return nic;
}

function applyOption(t: Translation, nic: Nic, option: string): void {
  const [name, value] = splitAtEquals(option) ?? [undefined, option];
  if (name === undefined) {
    if (option === 'trusted') nic.trusted = 'True';
    else if (option === 'untrusted') nic.trusted = 'False';
    else t.say(`unrecognized argument \`${option}'`);
    return;
  }
  const member = STRINGS.get(name);
  if (member !== undefined) {
    nic[member] = value;
    return;
  }
  switch (name) {
    case 'type':
      if (value === 'vif') nic.nictype = 'vif';
      else if (value === 'ioemu') nic.nictype = 'vif_ioemu';
      else t.say("Invalid parameter `type'.");
      return;
    case 'mac':
      applyMac(t, nic, value);
      return;
    case 'netdev':
      t.say('the netdev parameter is deprecated, please use gatewaydev instead');
      nic.gatewaydev = value;
      return;
    case 'rate':
      Object.assign(nic, parseVifRate(t, value));
      return;
    case 'accel':
      t.say('the accel parameter for vifs is currently not supported');
      return;
    case 'devid':
      nic.devid = toInt32(requireUlong(t, value));
      return;
    case 'mtu':
      nic.mtu = toInt32(requireUlong(t, value));
      return;
    default:
      t.say(`unrecognized argument \`${option}'`);
  }
}

const MAC_BYTES = 6;

// Any one character separates the bytes, and those before a wrong one stay.
function applyMac(t: Translation, nic: Nic, text: string): void {
  const bytes = (nic.mac ?? '00:00:00:00:00:00').split(':');
  let rest = text;
  for (let i = 0; i < MAC_BYTES; i++) {
    const { value, end } = parseUlong(rest, 16);
    const byte = toUint32(value);
    if (end === 0 || byte > 0xff) {
      t.say("Invalid parameter `mac'.");
      break;
    }
    bytes[i] = byte.toString(16).padStart(2, '0');
    rest = rest.slice(end + 1);
  }
  nic.mac = bytes.join(':');
}
