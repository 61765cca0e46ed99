import { CPUID_NO_SUBLEAF, decodeCpuidPolicy } from '../decode/cpuid-policy.js';
import { DecodeError } from '../decode/decode-error.js';
import { decodeDomainConfig } from '../decode/domain-config.js';
import { decodeEmulatorXenstore } from '../decode/emulator-xenstore.js';
import { decodeHvmContext } from '../decode/hvm-context.js';
import { nameHvmParams } from '../decode/hvm-params.js';
import { decodeMsrs } from '../decode/msrs.js';
import { decodeSharedInfo, SHARED_INFO_32, SHARED_INFO_64 } from '../decode/shared-info.js';
import { START_INFO_32, START_INFO_64 } from '../decode/start-info.js';
import { decodeVcpuContext } from '../decode/vcpu-context.js';
import { decodeExtVcpuContext } from '../decode/vcpu-extended.js';
import { decodeXsave } from '../decode/vcpu-xsave.js';
import type { FieldValue } from './fields.js';
import type { Guest } from './guest.js';
import type { EmulatorState, GuestState, VcpuRecordName } from './guest-state.js';
import type { Section } from './host-bound.js';
import { startInfoOf } from './host-pages.js';

type Fields = { [name: string]: FieldValue };

/** The sections that are compared field by field, each as a tree of its fields; undefined where a stream has none. */
export const SECTION_FIELDS: Readonly<Record<Exclude<Section, 'pages' | 'vcpus'>, (guest: Guest) => FieldValue>> = {
  config: ({ state }) => configFields(state),
  'stream headers': ({ state }) => headerFields(state),
  'cpuid policy': ({ state }) => decoded(state.cpuidPolicy, cpuidFields),
  'msr policy': ({ state }) => decoded(state.msrPolicy, msrFields),
  start_info: (guest) => startInfoFields(guest),
  shared_info: ({ state }) => sharedInfoFields(state),
  'p2m frames': ({ state: { p2mFrames } }) =>
    p2mFrames && { startPfn: p2mFrames.startPfn, endPfn: p2mFrames.endPfn, frames: p2mFrames.frames },
  tsc: ({ state: { tsc } }) => tsc && { mode: tsc.mode, khz: tsc.khz, nsec: tsc.nsec, incarnation: tsc.incarnation },
  'hvm context': ({ state }) => decoded(state.hvmContext, hvmContextFields),
  'hvm params': ({ state }) => hvmParamFields(state),
  emulators: ({ state }) => emulatorsFields(state),
};

/** All that a PV guest's stream says of one vcpu. */
export function vcpuFields(records: ReadonlyMap<VcpuRecordName, Uint8Array> | undefined, width: 4 | 8): FieldValue {
  if (records === undefined) return undefined;
  const of = (name: VcpuRecordName, decode: (data: Uint8Array) => FieldValue) => decoded(records.get(name), decode);
  return present({
    context: of('X86_PV_VCPU_BASIC', (data) => ({ ...decodeVcpuContext(data, width), width: undefined })),
    extended: of('X86_PV_VCPU_EXTENDED', (data) => ({ ...decodeExtVcpuContext(data) })),
    xsave: of('X86_PV_VCPU_XSAVE', (data) => present({ ...decodeXsave(data) } as Fields)),
    msrs: of('X86_PV_VCPU_MSRS', msrFields),
  });
}

/** Why a stream of its kind can't have the section; undefined where it can. */
export function whyAbsent(section: Section, { framing, libxc }: GuestState): string | undefined {
  if (section === 'config' && framing !== 'xl') return `a ${framing} stream has no config`;
  if (section === 'emulators' && framing === 'libxc') return 'a libxc stream has no emulator records';
  if ((section === 'cpuid policy' || section === 'msr policy') && libxc?.version === 2) {
    return 'version 2 of the libxc stream has no policies';
  }
  return undefined;
}

/** What decode makes of the data, or the data themselves where they are not what their type says. */
function decoded(data: Uint8Array | undefined, decode: (data: Uint8Array) => FieldValue): FieldValue {
  if (data === undefined) return undefined;
  try {
    return decode(data);
  } catch (error) {
    if (error instanceof DecodeError) return { undecoded: data };
    throw error;
  }
}

function configFields({ xl }: GuestState): FieldValue {
  const text = xl?.config;
  if (text === undefined) return undefined;
  try {
    return decodeDomainConfig(text).json;
  } catch (error) {
    if (error instanceof DecodeError) return text;
    throw error;
  }
}

function headerFields({ framing, libxl, libxc, pvInfo }: GuestState): FieldValue {
  return present({
    framing,
    converted: libxl?.legacy ?? false,
    ...libxc,
    guestWidth: pvInfo?.guestWidth,
    ptLevels: pvInfo?.ptLevels,
  });
}

function cpuidFields(data: Uint8Array): FieldValue {
  return byKey(
    decodeCpuidPolicy(data).map(({ leaf, subleaf, a, b, c, d }) => [
      subleaf === CPUID_NO_SUBLEAF ? `0x${leaf.toString(16)}` : `0x${leaf.toString(16)}.${subleaf}`,
      { a, b, c, d },
    ]),
  );
}

function msrFields(data: Uint8Array): FieldValue {
  return byKey(decodeMsrs(data).map(({ index, name, value }) => [name ?? `0x${index.toString(16)}`, value]));
}

function startInfoFields(guest: Guest): FieldValue {
  const found = startInfoOf(guest);
  if (found === undefined) return undefined;
  const { size } = found.info.width === 4 ? START_INFO_32 : START_INFO_64;
  return { ...found.info, rest: found.page.subarray(size) };
}

function sharedInfoFields({ sharedInfo, pvInfo }: GuestState): FieldValue {
  return decoded(sharedInfo, (data) => {
    const width = pvInfo?.guestWidth ?? 8;
    const { size } = width === 4 ? SHARED_INFO_32 : SHARED_INFO_64;
    return { ...decodeSharedInfo(data, width), rest: data.subarray(size) };
  });
}

/** By type, then by instance: CPU.0.rip. */
function hvmContextFields(data: Uint8Array): FieldValue {
  const types: { [type: string]: Fields } = {};
  for (const record of decodeHvmContext(data)) {
    const type = record.type === 'UNKNOWN' ? `type ${record.typecode}` : record.type;
    const body: FieldValue =
      record.type === 'CPU_MSR'
        ? byKey(record.body.msrs.map(({ index, name, value }) => [name ?? `0x${index.toString(16)}`, value]))
        : (record.body as FieldValue);
    types[type] = { ...types[type], [record.instance]: body };
  }
  return types;
}

function hvmParamFields({ hvmParams }: GuestState): FieldValue {
  if (hvmParams === undefined) return undefined;
  return byKey(nameHvmParams(hvmParams).map(({ index, name, value }) => [name ?? `param ${index}`, value]));
}

/** By emulator and index: 2.0 is the first QEMU. */
function emulatorsFields({ emulators }: GuestState): FieldValue {
  if (emulators.size === 0) return undefined;
  return byKey([...emulators].map(([key, emulator]) => [key, emulatorFields(emulator)]));
}

function emulatorFields({ xenstore, context }: EmulatorState): FieldValue {
  return present({
    xenstore: decoded(xenstore, (data) => byKey(decodeEmulatorXenstore(data).map(({ path, value }) => [path, value]))),
    context,
  });
}

function byKey(entries: readonly (readonly [string, FieldValue])[]): FieldValue {
  return Object.fromEntries(entries);
}

function present(fields: Fields): FieldValue {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
