import type { LibxlDomainConfig } from '../config/index.js';
import { LibxlError } from '../errors.js';
import type { EmulatorRecord } from '../stream/emulator-state.js';
import { type DeviceModelVersion, EMULATOR_ID } from './device-model.js';
import { findQemu } from './qemu/find.js';
import type { QemuMachine } from './qemu/machine.js';
import { isStateOfXen } from './qemu/saved-state.js';
import { findTraditional } from './traditional/find.js';

/** The device model that a guest gets. */
export type DeviceModelChoice =
  /** `notice`: why an HVM guest has none, for its owner. */
  | { readonly version: 'none'; readonly notice?: string }
  | {
      readonly version: Exclude<DeviceModelVersion, 'none'>;
      readonly binary: string;
      /** What it starts from; undefined: it starts afresh. */
      readonly context?: Uint8Array;
      /** What it is to find in xenstore. */
      readonly xenstoreData?: Uint8Array;
    };

/**
 * @param records what came with the guest; undefined: it is new
 * @throws LibxlError ERROR_INVAL where the records are no such guest's, or a program is named that can't be executed;
 *   ERROR_FAIL where it must have a device model and can't
 */
export function chooseDeviceModel(
  config: LibxlDomainConfig,
  records: readonly EmulatorRecord[] | undefined,
  machine: QemuMachine,
): DeviceModelChoice {
  if (config.c_info?.type !== 'hvm') return { version: 'none' };
  if (config.b_info?.device_model_stubdomain === 'True') {
    return without(machine, 'this version has no device models in a domain of their own (stub domains)');
  }
  const contexts = (records ?? []).filter(({ type }) => type === 'EMULATOR_CONTEXT');
  // What came without a device model goes on without: nobody knows what another one's state would have been.
  if (records !== undefined && contexts.length === 0) return cameWithout(machine);
  const other = contexts.find(({ index }) => index !== 0);
  if (other !== undefined) return without(machine, `it came with the state of more than one (number ${other.index})`);
  const context = contexts.at(-1);
  const version = versionOf(config, context);
  if (machine === 'standalone' && version === 'qemu_xen' && context !== undefined && isStateOfXen(context.data)) {
    return without(machine, "its state is that of Xen's machine, which no QEMU has without Xen");
  }
  const override = config.b_info?.device_model;
  const found = version === 'qemu_xen' ? findQemu(override) : findTraditional(override);
  if ('missing' in found) return without(machine, found.missing);
  const data = (records ?? []).filter(({ type }) => type === 'EMULATOR_XENSTORE_DATA').at(-1);
  return {
    version,
    binary: found.binary,
    ...(context === undefined ? {} : { context: context.data }),
    ...(data === undefined ? {} : { xenstoreData: data.data }),
  };
}

/** No notice: nothing is lost, and who created it was told. */
function cameWithout(machine: QemuMachine): DeviceModelChoice {
  return machine === 'xen' ? without(machine, 'it came without the state of one') : { version: 'none' };
}

/** Beside a guest of the embedded host a device model has nothing to serve, and the guest can do without. */
function without(machine: QemuMachine, why: string): DeviceModelChoice {
  if (machine === 'xen') throw new LibxlError('ERROR_FAIL', `the guest can't have its device model: ${why}`);
  return { version: 'none', notice: `no device model runs for this guest: ${why}` };
}

function versionOf(
  config: LibxlDomainConfig,
  context: EmulatorRecord | undefined,
): 'qemu_xen' | 'qemu_xen_traditional' {
  const configured = config.b_info?.device_model_version ?? 'unknown';
  const asked = configured === 'unknown' ? 'qemu_xen' : configured;
  // A converted stream of old does not say.
  if (context === undefined || context.emulatorId === EMULATOR_ID.unknown) return asked;
  const names = ['qemu_xen', 'qemu_xen_traditional'] as const;
  const written = names.find((name) => EMULATOR_ID[name] === context.emulatorId);
  if (written === undefined) {
    throw new LibxlError('ERROR_INVAL', `the stream has the state of an unknown device model (${context.emulatorId})`);
  }
  if (configured !== 'unknown' && configured !== written) {
    const text = `the stream has the state of ${written}, and the configuration asks for ${configured}`;
    throw new LibxlError('ERROR_INVAL', text);
  }
  return written;
}
