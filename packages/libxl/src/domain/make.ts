import { isHypervisorError } from '@xen-migration/libxc';
import type { LibxlDomainConfig } from '../config/index.js';
import { endDeviceModel } from '../device-model/end.js';
import { LibxlError, textOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { formatUuid, parseUuid } from '../uuid.js';
import { type DomainRings, writeRings, writeSettings, writeSkeleton } from '../xenstore/skeleton.js';
import { transact } from '../xenstore/store.js';
import { storeConfiguration } from './configuration.js';
import { destroyDomain } from './destroy.js';
import { requireFreeName } from './names.js';
import { type DomainParameters, domainParameters } from './parameters.js';
import { removeAllUserdata } from './userdata.js';

/** What a domain may own beyond its configured memory: start-of-day structures, special pages (LIBXL_MAXMEM_CONSTANT). */
const EXTRA_MEMORY_KIB = 1024;

/** A domain with its nodes in xenstore and its event channels, without memory, paused. */
export interface MadeDomain {
  readonly domid: number;
  readonly params: DomainParameters;
  readonly store: { readonly port: number; readonly domid: number };
  readonly console: { readonly port: number; readonly domid: number };
}

/** Who is told as a domain comes into being, so that a half-built one can be found if its maker dies. */
export interface MakeWitness {
  /** Before there is a domain: the uuid that it will have, and the domains that have it already. */
  aboutToMake?(uuid: string, others: readonly number[]): void;
  made?(domid: number): void;
}

export interface MakeOptions {
  readonly host: Host;
  readonly config: LibxlDomainConfig;
  /** Gives the domain its memory. */
  readonly fill: (made: MadeDomain) => Promise<DomainRings>;
  /** Starts what serves the domain, once that has all else. */
  readonly serve: (made: MadeDomain) => Promise<unknown>;
  /** Nodes of its kernel, under /vm. */
  readonly image?: Readonly<Record<string, string>>;
  readonly witness?: MakeWitness;
}

/**
 * Makes a domain, and introduces it to xenstored. It is left paused. Whatever fails, the half-built domain is destroyed.
 *
 * @throws LibxlError ERROR_INVAL for a bad configuration or a name that is taken, ERROR_NOMEM
 */
export async function makeDomain(options: MakeOptions): Promise<number> {
  const { host, config, fill, serve, image = {}, witness = {} } = options;
  const params = domainParameters(config);
  await requireFreeName(host, host.xenstore, params.name, -1);
  const domid = await makeEmpty(host, params, witness);
  try {
    witness.made?.(domid);
    const key = { domid, uuid: params.uuid };
    await endDeviceModel(host, domid);
    await removeAllUserdata(host, domid);
    await transact(host.xenstore, async (store) => {
      await requireFreeName(host, store, params.name, domid);
      await writeSkeleton(store, domid, params);
    });
    const made = await prepare(host, domid, params);
    const ports = { storePort: made.store.port, consolePort: made.console.port };
    // All that can be done before its memory comes: a guest that is received live runs on at its source meanwhile.
    await transact(host.xenstore, (store) => writeSettings(store, domid, params, ports, image));
    await storeConfiguration(host, key, { ...config, c_info: { ...config.c_info, uuid: params.uuid } });
    const rings = await fill(made);
    await writeRings(host.xenstore, domid, rings);
    if (rings.storeGfn !== undefined) await host.xenstore.introduce(domid, rings.storeGfn, ports.storePort);
    await serve(made);
    return domid;
  } catch (e) {
    throw await undone(host, domid, e);
  }
}

async function makeEmpty(host: Host, params: DomainParameters, witness: MakeWitness): Promise<number> {
  const uuid = parseUuid(params.uuid);
  if (uuid === undefined) throw new LibxlError('ERROR_INVAL', `'${params.uuid}' is no UUID`);
  if (witness.aboutToMake !== undefined) {
    const domains = await host.hypervisor.listDomains(0, 1024);
    const others = domains.filter((domain) => formatUuid(domain.uuid) === params.uuid);
    witness.aboutToMake(
      params.uuid,
      others.map(({ domid }) => domid),
    );
  }
  try {
    return await host.hypervisor.createDomain({
      kind: params.type,
      uuid,
      maxVcpus: params.maxVcpus,
      maxGrantFrames: params.maxGrantFrames,
      maxEventChannel: params.maxEventChannels,
      hap: params.type !== 'pv',
      passthrough: params.passthrough,
      ...(params.domid === 0 ? {} : { domid: params.domid }),
    });
  } catch (e) {
    throw creationFailure(e);
  }
}

async function prepare(host: Host, domid: number, params: DomainParameters): Promise<MadeDomain> {
  const { hypervisor } = host;
  await hypervisor.setMaxMemory(domid, params.maxMemoryKib + EXTRA_MEMORY_KIB);
  if (params.type !== 'pv') await hypervisor.setPagingMemory(domid, params.pagingMemoryKib);
  return {
    domid,
    params,
    store: { port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 },
    console: { port: await hypervisor.allocUnboundPort(domid, 0), domid: 0 },
  };
}

/** Destroys what was made, and says of the failure what became of that. */
async function undone(host: Host, domid: number, failure: unknown): Promise<unknown> {
  try {
    await destroyDomain(host, domid);
    return failure;
  } catch (e) {
    const left = `domain ${domid} is left half-built: ${textOf(e)}`;
    const code = failure instanceof LibxlError ? failure.code : 'ERROR_FAIL';
    return new LibxlError(code, `${textOf(failure)}; ${left}`, { domid, cause: failure, cleanup: [left] });
  }
}

function creationFailure(e: unknown): unknown {
  if (!isHypervisorError(e)) return e;
  const code = { ENOMEM: 'ERROR_NOMEM', EINVAL: 'ERROR_INVAL', EEXIST: 'ERROR_INVAL' } as const;
  const known = e.code === 'ENOMEM' || e.code === 'EINVAL' || e.code === 'EEXIST' ? code[e.code] : 'ERROR_FAIL';
  return new LibxlError(known, `domain creation failed: ${e.message}`, { cause: e });
}
