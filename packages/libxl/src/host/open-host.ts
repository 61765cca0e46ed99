import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Hypervisor, retrying } from '@xen-migration/libxc';
import { connectEmbeddedHost, embeddedHostDirectory, HOST_FILES } from '@xen-migration/libxc/embedded/client';
import { isXenHost, openXen } from '@xen-migration/libxc/xen';
import { XenstoreClient } from '@xen-migration/libxc/xenstore/client';
import { DEVICE_MODEL_TIMEOUTS, type DeviceModelSettings } from '../device-model/settings.js';
import { LibxlError, textOf } from '../errors.js';

/** A host that can hold domains: its hypervisor, its xenstore, and where libxl keeps what belongs to them. */
export interface Host {
  /** Patient: what it can't do at the moment (EAGAIN, EINTR) is asked again. */
  readonly hypervisor: Hypervisor;
  readonly xenstore: XenstoreClient;
  /** Private directory for what is kept of each domain: its configuration, its device model's state. */
  readonly stateDirectory: string;
  /** What openHost needs to reach the same host from another process: empty for the Xen that this machine runs. */
  readonly directory: string;
  readonly deviceModels: DeviceModelSettings;
  /** Whether createDomain builds guests there. Those of a Xen host are built by the xl that is installed. */
  readonly buildsGuests: boolean;
  close(): Promise<void>;
}

export interface OpenHostOptions {
  /** Of the embedded host; default: what XEN_EMBEDDED_DIR names, or the user's own. */
  readonly directory?: string;
  /** Instead of libxl's own. */
  readonly deviceModelTimeouts?: Partial<Pick<DeviceModelSettings, 'stateTimeoutMs' | 'replyTimeoutMs'>>;
}

/** Under the host's directory. */
const STATE_DIRECTORY = 'libxl';

/** Where a Xen host keeps these things (libxl's own places). */
const XEN_PLACES = {
  xenstore: ['/run/xenstored/socket', '/var/run/xenstored/socket'],
  state: '/var/lib/xen',
  run: '/var/run/xen',
} as const;

/**
 * Connects to this machine's host: to Xen, where this is its control domain; elsewhere to the embedded host, which is
 * started when it does not run. On a Xen host, too, XEN_EMBEDDED_DIR (or `directory`) asks for the embedded one.
 *
 * @throws LibxlError ERROR_FAIL when the host can't be reached
 */
export async function openHost(options: OpenHostOptions = {}): Promise<Host> {
  const asked = options.directory ?? process.env.XEN_EMBEDDED_DIR;
  const real = (asked === undefined || asked === '') && isXenHost();
  const directory = options.directory ?? embeddedHostDirectory();
  try {
    return real ? await openReal(options) : await openEmbedded(directory, options);
  } catch (e) {
    const what = real ? 'Xen' : `the host in ${directory}`;
    throw new LibxlError('ERROR_FAIL', `can't reach ${what}: ${textOf(e)}`, { cause: e });
  }
}

async function openReal(options: OpenHostOptions): Promise<Host> {
  const hypervisor = retrying(await openXen());
  try {
    const socket = XEN_PLACES.xenstore.find((path) => existsSync(path)) ?? XEN_PLACES.xenstore[0];
    const xenstore = await XenstoreClient.connect(socket);
    for (const path of [XEN_PLACES.state, XEN_PLACES.run]) mkdirSync(path, { recursive: true });
    return {
      hypervisor,
      xenstore,
      stateDirectory: XEN_PLACES.state,
      directory: '',
      deviceModels: deviceModelSettings('xen', XEN_PLACES.run, options),
      buildsGuests: false,
      close: () => closeBoth(hypervisor, xenstore),
    };
  } catch (e) {
    await hypervisor.close();
    throw e;
  }
}

async function openEmbedded(directory: string, options: OpenHostOptions): Promise<Host> {
  const hypervisor = retrying(await connectEmbeddedHost({ directory }));
  try {
    const xenstore = await XenstoreClient.connect(join(directory, HOST_FILES.xenstore));
    const stateDirectory = join(directory, STATE_DIRECTORY);
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    return {
      hypervisor,
      xenstore,
      stateDirectory,
      directory,
      deviceModels: deviceModelSettings('standalone', stateDirectory, options),
      buildsGuests: true,
      close: () => closeBoth(hypervisor, xenstore),
    };
  } catch (e) {
    await hypervisor.close();
    throw e;
  }
}

async function closeBoth(hypervisor: Hypervisor, xenstore: XenstoreClient): Promise<void> {
  await xenstore.close();
  await hypervisor.close();
}

function deviceModelSettings(
  machine: DeviceModelSettings['machine'],
  runDirectory: string,
  options: OpenHostOptions,
): DeviceModelSettings {
  return { machine, runDirectory, ...DEVICE_MODEL_TIMEOUTS, ...options.deviceModelTimeouts };
}
