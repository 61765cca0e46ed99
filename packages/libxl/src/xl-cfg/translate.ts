import { enumFromName, type LibxlDomainConfig, PASSTHROUGH } from '../config/index.js';
import { translateActions } from './translate/actions.js';
import { translateAffinity } from './translate/affinity.js';
import { translateAltp2m } from './translate/altp2m.js';
import { translateArm, translateX86 } from './translate/architecture.js';
import { translateBoot, translateMachine } from './translate/boot.js';
import { translateChannels } from './translate/channels.js';
import { translateCpuid } from './translate/cpuid.js';
import { translateCreateInfo } from './translate/create-info.js';
import { translateDeviceModel } from './translate/device-model.js';
import { translateDisks } from './translate/disks.js';
import { translateVdispls } from './translate/displays.js';
import { type Draft, emptyDraft } from './translate/draft.js';
import { translateHvmFirmware, translateHvmFirmwareKey, translateKernelOrFirmware } from './translate/firmware.js';
import { translateFramebuffers, translateGraphics } from './translate/framebuffers.js';
import { translateGrants } from './translate/grants.js';
import { translateDtdevs, translateHostResources } from './translate/host-resources.js';
import { translateHvmDevices } from './translate/hvm-devices.js';
import { translateHvmPlatform } from './translate/hvm-platform.js';
import { translateKeyboards } from './translate/keyboards.js';
import { putMemory } from './translate/memory.js';
import { translateMemoryAndVcpus } from './translate/memory-and-vcpus.js';
import { translateNics } from './translate/nics.js';
import { pciFlags, translatePci } from './translate/pci.js';
import { translateRdm } from './translate/rdm.js';
import { translateScheduling } from './translate/scheduling.js';
import { translateSound } from './translate/sound.js';
import { translateP9, translatePvcalls, translateVtpms } from './translate/storage-devices.js';
import { translateTimerMode, translateTscMode } from './translate/timing.js';
import { translateUsb } from './translate/usb.js';
import { EXIT_FAILURE, put, type Translation, type Writable } from './translation.js';

/**
 * The domain config that the settings stand for. The order is that of stock (parse_config_data of xl_parse.c): it is the
 * order of the messages, and the first mistake that is one to stop at ends it.
 *
 * @throws XlConfigError
 */
export function translate(t: Translation): LibxlDomainConfig {
  const draft = emptyDraft();
  translateCreateInfo(t, draft);
  translateGuestType(t, draft);
  put(draft.build, 'blkdev_start', t.defaults.blkdevStart);
  translateScheduling(t, draft);
  translateMemoryAndVcpus(t, draft);
  translateAffinity(t, draft);
  translateGrants(t, draft);
  translateActions(t, draft);
  translatePassedThrough(t, draft);
  putMemory(t, 'shadow_memory', draft.build, 'shadow_memkb');
  put(draft.build, 'disable_migrate', t.lookup.defbool('nomigrate'));
  translateTscMode(t, draft);
  translateMachine(t, draft);
  translateBoot(t, draft);
  translateTimerMode(t, draft);
  put(draft.build, 'nested_hvm', t.lookup.defbool('nestedhvm'));
  translateFirmware(t, draft);
  translateAltp2m(t, draft);
  translateHostResources(t, draft);
  translateDevices(t, draft);
  translateCpuid(t, draft);
  translateDeviceModel(t, draft);
  translateGraphics(t, draft);
  put(draft.build, 'dm_restrict', t.lookup.defbool('dm_restrict'));
  if (draft.type === 'hvm') translateHvmDevices(t, draft);
  translateArm(t, draft);
  translateKeyboards(t, draft);
  translateX86(t, draft);
  return { c_info: draft.create, b_info: draft.build, ...draft.rest };
}

function translateGuestType({ lookup }: Translation, { type, build, hvm }: Draft): void {
  if (type === 'hvm') build['type.hvm'] = hvm;
  if (type === 'pv') build['type.pv'] = {};
  if (type !== 'pvh') return;
  const pvh: Writable<NonNullable<(typeof build)['type.pvh']>> = {};
  put(pvh, 'pvshim', lookup.defbool('pvshim'));
  put(pvh, 'pvshim_path', lookup.string('pvshim_path'));
  put(pvh, 'pvshim_cmdline', lookup.string('pvshim_cmdline'));
  put(pvh, 'pvshim_extra', lookup.string('pvshim_extra'));
  build['type.pvh'] = pvh;
}

function translatePassedThrough(t: Translation, draft: Draft): void {
  if (draft.type === 'pv') {
    const e820_host = t.lookup.defbool('e820_host');
    if (e820_host !== undefined) draft.build['type.pv'] = { e820_host };
  }
  const flags = pciFlags(t);
  translatePci(t, draft, flags, translateRdm(t, draft));
  translateDtdevs(t, draft);
  const name = t.lookup.string('passthrough');
  if (name === undefined) return;
  const passthrough = enumFromName(PASSTHROUGH, name);
  if (passthrough === undefined) throw t.refuse(EXIT_FAILURE, `ERROR: unknown passthrough option '${name}'`);
  draft.create.passthrough = passthrough;
}

function translateFirmware(t: Translation, draft: Draft): void {
  if (draft.type !== 'hvm') {
    translateKernelOrFirmware(t, draft);
    return;
  }
  translateHvmFirmware(t, draft);
  translateHvmPlatform(t, draft);
  translateHvmFirmwareKey(t, draft);
}

function translateDevices(t: Translation, draft: Draft): void {
  translateDisks(t, draft);
  translateP9(t, draft);
  translateVtpms(t, draft);
  translateVdispls(t, draft);
  translatePvcalls(t, draft);
  translateSound(t, draft);
  translateChannels(t, draft);
  translateNics(t, draft);
  translateFramebuffers(t, draft);
  translateUsb(t, draft);
}
