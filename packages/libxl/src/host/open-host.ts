import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Hypervisor } from '@xen-migration/libxc';
import { connectEmbeddedHost, embeddedHostDirectory, HOST_FILES } from '@xen-migration/libxc/embedded';
import { XenstoreClient } from '@xen-migration/libxc/xenstore';
import { DEVICE_MODEL_TIMEOUTS, type DeviceModelSettings } from '../device-model/settings.js';
import { LibxlError, textOf } from '../errors.js';

/** A host that can hold domains: its hypervisor, its xenstore, and where libxl keeps what belongs to them. */
export interface Host {
  readonly hypervisor: Hypervisor;
  readonly xenstore: XenstoreClient;
  /** Private directory for what is kept of each domain: its configuration, its device model's state. */
  readonly stateDirectory: string;
  /** What openHost needs to reach the same host from another process. */
  readonly directory: string;
  readonly deviceModels: DeviceModelSettings;
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

/**
 * Connects to this machine's host. Where there is no Xen that is the embedded host, which is started when it does not
 * run; on a Xen host, too, where XEN_EMBEDDED_DIR (or `directory`) asks for it.
 *
 * @throws LibxlError ERROR_NI on a Xen host, ERROR_FAIL when the host can't be reached
 */
export async function openHost(options: OpenHostOptions = {}): Promise<Host> {
  const asked = options.directory ?? process.env.XEN_EMBEDDED_DIR;
  if ((asked === undefined || asked === '') && isXenHost()) {
    throw new LibxlError(
      'ERROR_NI',
      'this machine runs Xen, and this version can not drive a real Xen yet; ' +
        'set XEN_EMBEDDED_DIR to a directory to use the embedded host',
    );
  }
  const directory = options.directory ?? embeddedHostDirectory();
  try {
    return await openEmbedded(directory, options);
  } catch (e) {
    throw new LibxlError('ERROR_FAIL', `can't reach the host in ${directory}: ${textOf(e)}`, { cause: e });
  }
}

async function openEmbedded(directory: string, options: OpenHostOptions): Promise<Host> {
  const hypervisor = await connectEmbeddedHost({ directory });
  try {
    const xenstore = await XenstoreClient.connect(join(directory, HOST_FILES.xenstore));
    const stateDirectory = join(directory, STATE_DIRECTORY);
    mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
    return {
      hypervisor,
      xenstore,
      stateDirectory,
      directory,
      deviceModels: {
        machine: 'standalone',
        runDirectory: stateDirectory,
        ...DEVICE_MODEL_TIMEOUTS,
        ...options.deviceModelTimeouts,
      },
      async close() {
        await xenstore.close();
        await hypervisor.close();
      },
    };
  } catch (e) {
    await hypervisor.close();
    throw e;
  }
}

function isXenHost(): boolean {
  return existsSync('/proc/xen/capabilities') || existsSync('/dev/xen/hypercall');
}
