import { toUint32 } from '../c-numbers.js';
import { strtok } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import { EXIT_FAILURE, put, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { putMemory } from './memory.js';

/** Clock, video memory and the like: keys of every guest that stand before the kernel. */
export function translateMachine(t: Translation, { build }: Draft): void {
  const { lookup } = t;
  const offset = lookup.long('rtc_timeoffset');
  if (offset !== undefined) build.rtc_timeoffset = toUint32(offset);
  if (lookup.long('vncviewer') !== undefined) {
    t.say('WARNING: ignoring "vncviewer" option. Use "-V" option of "xl create" to automatically spawn vncviewer.');
  }
  put(build, 'localtime', lookup.defbool('localtime'));
  putMemory(t, 'videoram', build, 'video_memkb');
  const channels = lookup.long('max_event_channels');
  if (channels !== undefined) build.event_channels = toUint32(channels);
}

/** What the guest starts from. */
export function translateBoot(t: Translation, { create, build }: Draft): void {
  const { lookup } = t;
  put(build, 'kernel', lookup.string('kernel'));
  put(build, 'ramdisk', lookup.string('ramdisk'));
  put(build, 'device_tree', lookup.string('device_tree'));
  put(build, 'cmdline', commandLine(t));
  put(create, 'driver_domain', lookup.defbool('driver_domain'));
  put(build, 'acpi', lookup.defbool('acpi'));
  put(build, 'bootloader', lookup.string('bootloader'));
  put(build, 'bootloader_args', bootloaderArguments(t));
}

function commandLine(t: Translation): string | undefined {
  const cmdline = t.lookup.string('cmdline');
  const root = t.lookup.string('root');
  const extra = t.lookup.string('extra');
  if (cmdline !== undefined) {
    if (root !== undefined || extra !== undefined) {
      t.say('Warning: ignoring root= and extra= in favour of cmdline=');
    }
    return cmdline;
  }
  if (root === undefined) return extra;
  return extra === undefined ? `root=${root}` : `root=${root} ${extra}`;
}

function bootloaderArguments(t: Translation): readonly string[] | undefined {
  const list = t.lookup.quietList('bootloader_args');
  if (typeof list !== 'string') return leadingStrings(list);
  const text = t.lookup.string('bootloader_args');
  if (text === undefined) return undefined;
  t.say('WARNING: Specifying "bootloader_args" as a string is deprecated. Please use a list of arguments.');
  const args = strtok(text, ' \t\n');
  // Stock crashes here.
  if (args.length === 0) throw t.refuse(EXIT_FAILURE, 'xl: bootloader_args has no arguments');
  return args;
}
