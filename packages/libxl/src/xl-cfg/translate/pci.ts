import type { LibxlDevicePci } from '../../config/index.js';
import { atoi, scanHex, toInt32, toUint32 } from '../c-numbers.js';
import { leadingStrings } from '../settings.js';
import { EXIT_ERROR_FAIL, EXIT_ERROR_INVAL, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';
import { type RdmPolicy, rdmPolicy } from './rdm.js';

type PciDevice = Writable<LibxlDevicePci>;

/** LIBXL_PCI_FUNC_ALL */
const ALL_FUNCTIONS = 0xffff_ffff;

const FLAGS = ['msitranslate', 'power_mgmt', 'permissive', 'seize'] as const;
type Flag = (typeof FLAGS)[number];

/** What `pci_permissive` and its kin set for every device. */
export function pciFlags({ lookup }: Translation): ReadonlySet<Flag> {
  return new Set(FLAGS.filter((flag) => toInt32(lookup.long(`pci_${flag}`) ?? 0n) !== 0));
}

export function translatePci(
  t: Translation,
  { type, build, rest }: Draft,
  flags: ReadonlySet<Flag>,
  policy: RdmPolicy,
) {
  const list = t.lookup.list('pci');
  if (list === undefined) return;
  rest.pcidevs = leadingStrings(list).map((spec) => {
    const device: PciDevice = { rdm_policy: policy };
    for (const flag of flags) device[flag] = true;
    const rc = parsePciSpec(t, spec, device);
    if (rc === 0) return device;
    throw t.refuse(rc, `unable to parse PCI_SPEC_STRING \`${spec}' for passthrough`);
  });
  if (rest.pcidevs.length > 0 && type === 'pv') build['type.pv'] = { ...build['type.pv'], e820_host: 'True' };
}

/** `[[DOMAIN:]BUS:DEVICE.FUNCTION[@SLOT]][,NAME=VALUE...]`. @returns 0, or stock's exit status */
function parsePciSpec(t: Translation, spec: string, device: PciDevice): number {
  let hasAddress = false;
  let rest = spec;
  const addressEnd = parseAddress(spec, device);
  if (addressEnd !== undefined) {
    hasAddress = true;
    const afterSlot = spec[addressEnd] === '@' ? parseSlot(spec, addressEnd + 1, device) : addressEnd;
    if (afterSlot === undefined) return EXIT_ERROR_INVAL;
    if (afterSlot < spec.length && spec[afterSlot] !== ',') return EXIT_ERROR_INVAL;
    rest = spec.slice(afterSlot + 1);
  }
  while (rest !== '') {
    const equals = rest.indexOf('=');
    if (equals < 0) return EXIT_ERROR_INVAL;
    const comma = rest.indexOf(',', equals);
    const name = rest.slice(0, equals);
    const value = rest.slice(equals + 1, comma < 0 ? undefined : comma);
    if (!applyOption(t, name, value, device)) return name === 'rdm_policy' ? EXIT_ERROR_FAIL : EXIT_ERROR_INVAL;
    if (name === 'bdf') hasAddress = true;
    rest = comma < 0 ? '' : rest.slice(comma + 1);
  }
  return hasAddress === (device.name !== undefined) ? EXIT_ERROR_INVAL : 0;
}

function applyOption(t: Translation, name: string, value: string, device: PciDevice): boolean {
  switch (name) {
    case 'bdf':
      return parseAddress(value, device) !== undefined;
    case 'vslot':
      return parseSlot(value, 0, device) !== undefined;
    case 'permissive':
    case 'msitranslate':
    case 'seize':
    case 'power_mgmt':
      device[name] = atoi(value) !== 0;
      return true;
    case 'rdm_policy': {
      const policy = rdmPolicy(t, value);
      if (policy !== undefined) device.rdm_policy = policy;
      return policy !== undefined;
    }
    case 'name':
      device.name = value;
      return true;
    default:
      t.report.unfinished(`Unknown PCI_SPEC_STRING option: ${name}`);
      return false;
  }
}

/** @returns where the address ends; undefined where there is none */
function parseAddress(text: string, device: PciDevice): number | undefined {
  const colons = /^[0-9a-f:]*/i.exec(text)?.[0].match(/:/g)?.length ?? 0;
  if (colons !== 1 && colons !== 2) return undefined;
  const numbers = hexNumbers(text, colons === 1 ? [':', '.'] : [':', ':', '.']);
  if (numbers === undefined) return undefined;
  const [dev = 0, bus = 0, domain = 0] = numbers.values.toReversed();
  if (domain > 0xffff || bus > 0xff || dev > 0x1f) return undefined;
  const all = text[numbers.end] === '*';
  const func = all ? { value: 0, end: numbers.end + 1 } : hexNumber(text, numbers.end);
  if (func === undefined || func.value > 7) return undefined;
  Object.assign(device, { domain, bus, dev, func: func.value, vfunc_mask: all ? ALL_FUNCTIONS : 1 });
  return func.end;
}

function parseSlot(text: string, at: number, device: PciDevice): number | undefined {
  const slot = hexNumber(text, at);
  if (slot === undefined || slot.value > 0x1f) return undefined;
  device.vdevfn = slot.value << 3;
  return slot.end;
}

/** Numbers, each followed by its separator. */
function hexNumbers(text: string, separators: readonly string[]): { values: number[]; end: number } | undefined {
  const values: number[] = [];
  let at = 0;
  for (const separator of separators) {
    const number = hexNumber(text, at);
    if (number === undefined || text[number.end] !== separator) return undefined;
    values.push(number.value);
    at = number.end + 1;
  }
  return { values, end: at };
}

/** scanf's %x */
function hexNumber(text: string, at: number): { readonly value: number; readonly end: number } | undefined {
  const { value, end } = scanHex(text.slice(at));
  return end === 0 ? undefined : { value: toUint32(value), end: at + end };
}
