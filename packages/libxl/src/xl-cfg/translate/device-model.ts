import { leadingStrings } from '../settings.js';
import { EXIT_ERROR_FAIL, EXIT_FAILURE, put, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { putMemory } from './memory.js';

/** Which device model serves the guest, and whether it runs in a domain of its own. */
export function translateDeviceModel(t: Translation, draft: Draft): void {
  const { lookup } = t;
  const { build } = draft;
  warnOfOldKey(t, draft);
  put(build, 'device_model', lookup.string('device_model_override'));
  translateVersion(t, draft);
  put(build, 'device_model_stubdomain', lookup.defbool('device_model_stubdomain_override'));
  put(build, 'device_model_ssid_label', lookup.string('device_model_stubdomain_seclabel'));
  put(build, 'device_model_user', lookup.string('device_model_user'));
  put(build, 'stubdomain_kernel', lookup.string('stubdomain_kernel'));
  put(build, 'stubdomain_cmdline', lookup.string('stubdomain_cmdline'));
  put(build, 'stubdomain_ramdisk', lookup.string('stubdomain_ramdisk'));
  putMemory(t, 'stubdomain_memory', build, 'stubdomain_memkb');
  for (const kind of ['', '_pv', '_hvm'] as const) translateArguments(t, draft, kind);
}

function warnOfOldKey(t: Translation, { type }: Draft): void {
  const path = t.lookup.string('device_model');
  if (path === undefined) return;
  t.say('WARNING: ignoring device_model directive.');
  t.say('WARNING: Use "device_model_override" instead if you really want a non-default device_model');
  if (!path.includes('stubdom-dm')) return;
  t.say(
    type === 'hvm'
      ? 'WARNING: Or use "device_model_stubdomain_override" if you  want to enable stubdomains'
      : 'WARNING: ignoring "device_model_stubdomain_override" directive for pv guest',
  );
}

function translateVersion(t: Translation, { build }: Draft): void {
  const version = t.lookup.string('device_model_version');
  if (version === 'qemu-xen-traditional') build.device_model_version = 'qemu_xen_traditional';
  else if (version === 'qemu-xen') build.device_model_version = 'qemu_xen';
  else if (version !== undefined) {
    throw t.refuse(EXIT_FAILURE, `Unknown device_model_version "${version}" specified`);
  } else if (build.device_model !== undefined) {
    t.say('WARNING: device model override given without specific DM version');
  }
}

function translateArguments(t: Translation, { build }: Draft, kind: '' | '_pv' | '_hvm'): void {
  const key = `device_model_args${kind}`;
  const list = t.lookup.list(key);
  if (list !== undefined) build[`extra${kind}`] = leadingStrings(list);
  else if (t.settings.get(key) !== undefined) throw t.refuse(EXIT_ERROR_FAIL, `xl: Unable to parse ${key}.`);
}
