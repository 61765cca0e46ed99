import { enumFromName, type LibxlDeviceVkb, VKB_BACKEND } from '../../config/index.js';
import { parseUlong, toUint32 } from '../c-numbers.js';
import { commaOptions, splitAtEquals } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, type Translation, type Writable } from '../translation.js';
import type { Draft } from './draft.js';

type Vkb = Writable<LibxlDeviceVkb>;

const FLAGS = [
  ['feature-disable-keyboard', 'feature_disable_keyboard'],
  ['feature-disable-pointer', 'feature_disable_pointer'],
  ['feature-abs-pointer', 'feature_abs_pointer'],
  ['feature-raw-pointer', 'feature_raw_pointer'],
  ['feature-multi-touch', 'feature_multi_touch'],
] as const;
const NUMBERS = [
  ['multi-touch-width', 'multi_touch_width'],
  ['multi-touch-height', 'multi_touch_height'],
  ['multi-touch-num-contacts', 'multi_touch_num_contacts'],
  ['width', 'width'],
  ['height', 'height'],
] as const;

/** PV keyboards and pointers, behind those that came with framebuffers. */
export function translateKeyboards(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('vkb');
  if (list === undefined) return;
  const before = rest.vkbs ?? [];
  rest.vkbs = [...before, ...leadingStrings(list).map((spec, i) => parseKeyboard(t, spec, before.length + i))];
}

function parseKeyboard(t: Translation, spec: string, devid: number): Vkb {
  const vkb: Vkb = { devid };
  for (const option of commaOptions(spec)) applyOption(t, vkb, option);
  if ((vkb.backend_type ?? 'unknown') === 'unknown') {
    throw t.refuse(EXIT_FAILURE, 'backend-type should be set in vkb spec');
  }
  const sizes = [vkb.multi_touch_width, vkb.multi_touch_height, vkb.multi_touch_num_contacts];
  if (sizes.some((size) => (size ?? 0) !== 0)) {
    vkb.feature_multi_touch = true;
  } else if (vkb.feature_multi_touch === true) {
    throw t.refuse(
      EXIT_FAILURE,
      'multi-touch-width, multi-touch-height, multi-touch-num-contacts should be set for multi touch in vkb spec',
    );
  }
  return vkb;
}

function applyOption(t: Translation, vkb: Vkb, option: string): void {
  const [name, value] = splitAtEquals(option) ?? ['', ''];
  const flag = FLAGS.find(([key]) => key === name)?.[1];
  const number = NUMBERS.find(([key]) => key === name)?.[1];
  if (flag !== undefined) vkb[flag] = parseUlong(value, 0).value !== 0n;
  else if (number !== undefined) vkb[number] = toUint32(parseUlong(value, 0).value);
  else if (name === 'backend') vkb.backend_domname = value;
  else if (name === 'unique-id') vkb.unique_id = value;
  else if (name === 'backend-type') vkb.backend_type = backendType(t, value);
  else throw t.refuse(EXIT_FAILURE, `Unknown string "${option}" in vkb spec`);
}

function backendType(t: Translation, name: string): NonNullable<Vkb['backend_type']> {
  const type = enumFromName(VKB_BACKEND, name);
  if (type === undefined) throw t.refuse(EXIT_FAILURE, `Unknown backend_type "${name}" in vkb spec`);
  return type;
}
