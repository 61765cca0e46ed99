import type { LibxlDeviceP9, LibxlDevicePvcallsif, LibxlDeviceVtpm } from '../../config/index.js';
import { commaOptions, splitAtEquals } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, put, type Translation, type Writable } from '../translation.js';
import { parseUuid } from './create-info.js';
import type { Draft } from './draft.js';

// 9pfs shares, virtual TPMs, PV calls. Their options are NAME=VALUE; one without a value ends the list of options.

function* pairs(spec: string): Generator<readonly [name: string, value: string]> {
  for (const option of commaOptions(spec)) {
    const pair = splitAtEquals(option);
    if (pair === undefined) return;
    yield pair;
  }
}

const unknown = (t: Translation, name: string, what: string): Error =>
  t.refuse(EXIT_FAILURE, `Unknown string \`${name}' in ${what} spec`);

export function translateP9(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('p9');
  if (list === undefined) return;
  // As in stock, a share without an option has that of the share before it; and none gets a device number here.
  const options = new Map<string, string>();
  rest.p9s = leadingStrings(list).map((spec) => {
    for (const [name, value] of pairs(spec)) {
      if (!['security_model', 'path', 'tag', 'backend'].includes(name)) throw unknown(t, name, '9pfs');
      options.set(name, value);
    }
    const [tag, security_model, path] = ['tag', 'security_model', 'path'].map((name) => options.get(name));
    if (tag === undefined || security_model === undefined || path === undefined) {
      throw t.refuse(EXIT_FAILURE, '9pfs spec missing required field!');
    }
    const p9: Writable<LibxlDeviceP9> = { tag, security_model, path };
    put(p9, 'backend_domname', options.get('backend'));
    return p9;
  });
}

export function translateVtpms(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('vtpm');
  if (list === undefined) return;
  rest.vtpms = leadingStrings(list).map((spec, devid) => {
    const vtpm: Writable<LibxlDeviceVtpm> = { devid };
    for (const [name, value] of pairs(spec)) {
      if (name === 'backend') vtpm.backend_domname = value;
      else if (name === 'uuid') vtpm.uuid = vtpmUuid(t, value);
      else throw unknown(t, name, 'vtpm');
    }
    if (vtpm.backend_domname === undefined) {
      throw t.refuse(EXIT_FAILURE, 'vtpm spec missing required backend field!');
    }
    return vtpm;
  });
}

function vtpmUuid(t: Translation, text: string): string {
  const uuid = parseUuid(text);
  if (uuid === undefined) throw t.refuse(EXIT_FAILURE, `Failed to parse vtpm UUID: ${text}`);
  return uuid;
}

export function translatePvcalls(t: Translation, { rest }: Draft): void {
  const list = t.lookup.list('pvcalls');
  if (list === undefined) return;
  rest.pvcallsifs = leadingStrings(list).map((spec, devid) => {
    const device: Writable<LibxlDevicePvcallsif> = { devid };
    for (const [name, value] of pairs(spec)) {
      if (name !== 'backend') throw unknown(t, name, 'pvcalls');
      device.backend_domname = value;
    }
    return device;
  });
}
