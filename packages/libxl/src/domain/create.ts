import { readFile } from 'node:fs/promises';
import { BuildError, buildDomain } from '@xen-migration/libxc';
import { BUILTIN_PREFIX } from '@xen-migration/libxc/embedded/client';
import type { LibxlDomainConfig } from '../config/index.js';
import { type DeviceModelReport, startDeviceModel } from '../device-model/start.js';
import { LibxlError, libxlErrorOf, textOf } from '../errors.js';
import { Guardian } from '../guardian/guardian.js';
import type { Host } from '../host/open-host.js';
import { type MadeDomain, makeDomain } from './make.js';
import { keyOfDomain } from './names.js';
import { unpauseDomain } from './pause.js';

export interface CreateOptions {
  readonly host: Host;
  readonly config: LibxlDomainConfig;
  /** Nothing half-built is left even if this process is killed (a process more, for as long as it takes). */
  readonly guarded?: boolean;
  /** Let it run; default: it is left paused. */
  readonly start?: boolean;
  readonly onEvent?: (event: CreateEvent) => void;
}

export type CreateEvent = { readonly kind: 'device-model'; readonly report: DeviceModelReport };

/**
 * Makes a domain from its configuration and boots its kernel up to the point where it is unpaused. The kernel is a file,
 * or `builtin:NAME` for one that comes with the embedded host.
 *
 * @returns its domid
 * @throws LibxlError ERROR_INVAL for a bad configuration or kernel, ERROR_NOMEM; nothing of the domain is left then. Where it
 *   was made and can't be let run it stays, paused. ERROR_NI on a host that does not build guests (Host.buildsGuests)
 */
export async function createDomain(options: CreateOptions): Promise<number> {
  const { host, config, guarded = false, start = false } = options;
  if (!host.buildsGuests) {
    throw new LibxlError(
      'ERROR_NI',
      'guests of a Xen host are built by the xl that is installed there, not by this library',
    );
  }
  const image = await readImage(config);
  const guardian = guarded ? Guardian.start(host) : undefined;
  try {
    const domid = await createPaused(options, image, guardian);
    if (start) {
      guardian?.plan([{ do: 'start-made', ...(await keyOfDomain(host, domid)) }]);
      await unpauseDomain(host, domid);
    }
    return domid;
  } finally {
    await guardian?.dismiss();
  }
}

async function createPaused(
  { host, config, onEvent }: CreateOptions,
  image: Image,
  guardian: Guardian | undefined,
): Promise<number> {
  const nodes = {
    'image/ostype': config.c_info?.type === 'pv' ? 'linux' : 'hvm',
    'image/kernel': image.path,
    ...(image.cmdline === '' ? {} : { 'image/cmdline': image.cmdline }),
  };
  try {
    return await makeDomain({
      host,
      config,
      fill: (made) => build(host, made, image),
      serve: async ({ domid, params }) => {
        const key = { domid, uuid: params.uuid };
        const report = await startDeviceModel({ host, key, config, records: undefined });
        onEvent?.({ kind: 'device-model', report });
      },
      image: nodes,
      witness: { aboutToMake: (uuid, others) => guardian?.plan([{ do: 'destroy-new', uuid, others }]) },
    });
  } catch (e) {
    throw createFailure(e);
  }
}

interface Image {
  readonly path: string;
  readonly kernel: Uint8Array;
  readonly ramdisk: Uint8Array | undefined;
  readonly cmdline: string;
}

async function readImage({ b_info: built = {} }: LibxlDomainConfig): Promise<Image> {
  const path = built.kernel;
  if (path === undefined || path === '') {
    throw new LibxlError('ERROR_INVAL', 'the configuration names no kernel');
  }
  const kernel = path.startsWith(BUILTIN_PREFIX) ? await builtin(path) : await readFileFor(path, 'kernel');
  const ramdisk = built.ramdisk === undefined ? undefined : await readFileFor(built.ramdisk, 'ramdisk');
  return { path, kernel, ramdisk, cmdline: built.cmdline ?? '' };
}

async function builtin(path: string): Promise<Uint8Array> {
  const { builtinKernel } = await import('@xen-migration/libxc/embedded');
  try {
    return builtinKernel(path.slice(BUILTIN_PREFIX.length));
  } catch (e) {
    throw new LibxlError('ERROR_INVAL', textOf(e), { cause: e });
  }
}

async function readFileFor(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (e) {
    throw new LibxlError('ERROR_INVAL', `can't read the ${what} ${path}: ${textOf(e)}`, { cause: e });
  }
}

function build(host: Host, made: MadeDomain, image: Image) {
  return buildDomain({
    hypervisor: host.hypervisor,
    domid: made.domid,
    kind: made.params.type,
    memoryKib: made.params.targetMemoryKib,
    kernel: image.kernel,
    cmdline: image.cmdline,
    ...(image.ramdisk === undefined ? {} : { ramdisk: image.ramdisk }),
    vcpus: made.params.maxVcpus,
    store: made.store,
    console: made.console,
  });
}

function createFailure(e: unknown): LibxlError {
  if (!(e instanceof BuildError)) return libxlErrorOf(e, 'domain creation failed');
  const code = { BAD_KERNEL: 'ERROR_INVAL', BAD_ARGUMENT: 'ERROR_INVAL', NO_MEMORY: 'ERROR_NOMEM' } as const;
  const known = e.code === 'HYPERVISOR' ? 'ERROR_FAIL' : code[e.code];
  return new LibxlError(known, `domain building failed: ${e.message}`, { cause: e });
}
