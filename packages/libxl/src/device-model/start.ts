import { rm, writeFile } from 'node:fs/promises';
import type { LibxlDomainConfig } from '../config/index.js';
import type { DomainKey } from '../domain/userdata.js';
import type { Host } from '../host/open-host.js';
import { type EmulatorRecord, storeEmulatorState } from '../stream/emulator-state.js';
import { deviceModelPidPath, deviceModelVersionPath } from '../xenstore/paths.js';
import { filesOf } from './attach.js';
import { chooseDeviceModel, type DeviceModelChoice } from './choose.js';
import type { DeviceModelVersion } from './device-model.js';
import { deviceModelFailure } from './failure.js';
import { DeviceModelNodes } from './nodes.js';
import { encodeIdentity, type ProcessIdentity } from './process/identity.js';
import { startQemu } from './qemu/start.js';
import { startTraditional } from './traditional/start.js';

export interface DeviceModelStart {
  readonly host: Host;
  readonly key: DomainKey;
  readonly config: LibxlDomainConfig;
  /** What came with the guest; undefined: it is new. */
  readonly records: readonly EmulatorRecord[] | undefined;
  readonly signal?: AbortSignal;
}

/** What a guest has got. */
export interface DeviceModelReport {
  readonly version: DeviceModelVersion;
  /** Why an HVM guest has none, in words for its owner. */
  readonly notice?: string;
}

/**
 * Starts a guest's device model, with the state that came with the guest; without one that state is kept. The guest is
 * still paused, and so is the device model: the guest's start lets both go.
 *
 * @throws LibxlError; no process is left then
 */
export async function startDeviceModel(options: DeviceModelStart): Promise<DeviceModelReport> {
  const { host, key, config, records } = options;
  const choice = chooseDeviceModel(config, records, host.deviceModels.machine);
  if (choice.version === 'none') {
    await storeEmulatorState(host, key, records ?? []);
    return choice;
  }
  const files = filesOf(host, key.domid);
  try {
    if (choice.context !== undefined) await writeFile(files.restore, choice.context, { mode: 0o600 });
    await startChosen(options, choice);
  } catch (e) {
    throw deviceModelFailure(key.domid, 'was not started', e, '');
  } finally {
    await rm(files.restore, { force: true });
  }
  await host.xenstore.write(deviceModelVersionPath(key.domid), choice.version);
  return { version: choice.version };
}

type ChosenProgram = Exclude<DeviceModelChoice, { version: 'none' }>;

async function startChosen({ host, key, config, signal }: DeviceModelStart, choice: ChosenProgram): Promise<void> {
  const { domid } = key;
  const files = filesOf(host, domid);
  const nodes = new DeviceModelNodes(host.xenstore, domid);
  await nodes.make();
  if (choice.xenstoreData !== undefined) await nodes.restore(choice.xenstoreData);
  const common = {
    binary: choice.binary,
    files,
    directory: host.stateDirectory,
    ...(choice.context === undefined ? {} : { saved: files.restore }),
    record: async (identity: ProcessIdentity) => {
      await writeFile(files.process, encodeIdentity(identity), { mode: 0o600 });
      await host.xenstore.write(deviceModelPidPath(domid), String(identity.pid));
    },
    timeoutMs: host.deviceModels.stateTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
  };
  if (choice.version === 'qemu_xen') {
    await startQemu({ ...common, invocation: { domid, config, machine: host.deviceModels.machine } });
  } else {
    await startTraditional({ ...common, nodes, config, environment: { XEN_EMBEDDED_DIR: host.directory } });
  }
}
