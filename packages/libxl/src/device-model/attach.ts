import { readFile } from 'node:fs/promises';
import { domainType } from '../domain/list.js';
import { keyOfDomain } from '../domain/names.js';
import type { Host } from '../host/open-host.js';
import { readEmulatorState } from '../stream/emulator-state.js';
import { deviceModelVersionPath } from '../xenstore/paths.js';
import { readText } from '../xenstore/store.js';
import type { DeviceModel } from './device-model.js';
import { type DeviceModelFiles, deviceModelFiles } from './files.js';
import { DeviceModelNodes } from './nodes.js';
import { NoDeviceModel } from './none.js';
import { decodeIdentity, type ProcessIdentity } from './process/identity.js';
import { QemuUpstream } from './qemu/qemu-upstream.js';
import { QemuTraditional } from './traditional/qemu-traditional.js';

/** The device model of a domain, for one operation: whoever asks for it releases it. */
export async function deviceModelOf(host: Host, domid: number): Promise<DeviceModel> {
  const nodes = new DeviceModelNodes(host.xenstore, domid);
  const files = filesOf(host, domid);
  const { stateTimeoutMs, replyTimeoutMs } = host.deviceModels;
  // Stock libxl names one for guests, too, that have none.
  const hvm = (await domainType(host, domid)) === 'hvm';
  switch (hvm ? await readText(host.xenstore, deviceModelVersionPath(domid)) : undefined) {
    case 'qemu_xen':
      return new QemuUpstream({ nodes, files, timeoutMs: replyTimeoutMs });
    case 'qemu_xen_traditional':
      return new QemuTraditional({
        nodes,
        files,
        identity: await readIdentity(files),
        stateTimeoutMs,
        logDirtyTimeoutMs: replyTimeoutMs,
      });
    default:
      return new NoDeviceModel(async () => readEmulatorState(host, await keyOfDomain(host, domid)));
  }
}

export function filesOf({ stateDirectory, deviceModels }: Host, domid: number): DeviceModelFiles {
  return deviceModelFiles({ state: stateDirectory, run: deviceModels.runDirectory }, domid);
}

/** Undefined where none was started, or it was ended. */
export async function readIdentity(files: DeviceModelFiles): Promise<ProcessIdentity | undefined> {
  return decodeIdentity(await readFile(files.process, 'utf8').catch(() => ''));
}

/** Does something with a domain's device model, and releases it. */
export async function withDeviceModel<T>(
  host: Host,
  domid: number,
  action: (deviceModel: DeviceModel) => Promise<T>,
): Promise<T> {
  const deviceModel = await deviceModelOf(host, domid);
  try {
    return await action(deviceModel);
  } finally {
    await deviceModel.release();
  }
}
