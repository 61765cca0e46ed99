import { EXIT_FAILURE, put, type Translation } from '../translation.js';
import type { Draft, GuestType } from './draft.js';

/** Who the guest is and of which type. */
export function translateCreateInfo(t: Translation, draft: Draft): void {
  const { lookup } = t;
  const { create } = draft;
  translateLabels(t, draft);
  create.run_hotplug_scripts = t.defaults.runHotplugScripts === false ? 'False' : 'True';
  draft.type = guestType(t);
  create.type = draft.type;
  put(create, 'hap', lookup.defbool('hap'));
  const name = lookup.string('name');
  if (name === undefined) throw t.refuse(EXIT_FAILURE, 'Domain name must be specified.');
  create.name = name;
  create.uuid = guestUuid(t);
  put(create, 'oos', lookup.defbool('oos'));
  put(create, 'pool_name', lookup.string('pool'));
}

// With init_seclabel the guest starts with one label and runs with another.
function translateLabels({ lookup }: Translation, { create, build }: Draft): void {
  put(create, 'ssid_label', lookup.string('init_seclabel'));
  const label = lookup.string('seclabel');
  if (create.ssid_label === undefined) put(create, 'ssid_label', label);
  else put(build, 'exec_ssid_label', label);
}

// Stock takes any beginning of these words, "" and "p" among them.
const TYPES: readonly (readonly [name: string, type: GuestType])[] = [
  ['hvm', 'hvm'],
  ['pv', 'pv'],
  ['pvh', 'pvh'],
];
const BUILDERS: readonly (readonly [name: string, type: GuestType])[] = [
  ['hvm', 'hvm'],
  ['generic', 'pv'],
];

function guestType(t: Translation): GuestType {
  const type = typeNamed(t, 'type', TYPES);
  const builder = typeNamed(t, 'builder', BUILDERS);
  if (type !== undefined && builder !== undefined && type !== builder) {
    throw t.refuse(EXIT_FAILURE, 'Contradicting "builder" and "type" options specified.');
  }
  return builder ?? type ?? 'pv';
}

function typeNamed(t: Translation, key: string, types: typeof TYPES): GuestType | undefined {
  const wanted = t.lookup.string(key);
  if (wanted === undefined) return undefined;
  const found = types.find(([name]) => name.startsWith(wanted));
  if (found === undefined) throw t.refuse(EXIT_FAILURE, `Invalid domain type ${wanted}.`);
  return found[1];
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** libuuid's uuid_parse; undefined where it fails. */
export function parseUuid(text: string): string | undefined {
  return UUID.test(text) ? text.toLowerCase() : undefined;
}

function guestUuid(t: Translation): string {
  const text = t.lookup.string('uuid');
  if (text === undefined) return t.random.uuid();
  const uuid = parseUuid(text);
  if (uuid === undefined) throw t.refuse(EXIT_FAILURE, `Failed to parse UUID: ${text}`);
  return uuid;
}
