import type { DomainParameters } from '../domain/parameters.js';
import { consoleBackendPath, deviceModelPath, domainPath, libxlPath, vmPath } from './paths.js';
import { children, removeTree, type Store, writeBelow } from './store.js';

/** Who may do what with a node: the control domain owns it, the guest may read or also write it. */
const readableBy = (domid: number) => [`n0`, `r${domid}`];
const writableBy = (domid: number) => [`n${domid}`];

/** Nodes that the guest itself writes (docs/misc/xenstore-paths.pandoc). */
const GUEST_WRITABLE = [
  'device/suspend/event-channel',
  'control/shutdown',
  'control/feature-poweroff',
  'control/feature-reboot',
  'control/feature-suspend',
  'control/feature-s3',
  'control/feature-s4',
  'control/sysrq',
  'data',
  'drivers',
  'feature',
  'attr',
  'error',
];
const GUEST_READABLE = ['cpu', 'memory', 'device', 'control'];

/** Bytes that the console service keeps for a guest whose console nobody reads. */
const CONSOLE_LIMIT = 1024 * 1024;

/** The nodes of a new domain, before there is anything in it. For a transaction. */
export async function writeSkeleton(store: Store, domid: number, params: DomainParameters): Promise<void> {
  const home = domainPath(domid);
  const vm = vmPath(params.uuid);
  const libxl = libxlPath(domid);
  for (const path of [home, vm, libxl]) await removeTreeUnlessShared(store, path, vm);
  await makeNode(store, home, readableBy(domid));
  await makeNode(store, vm, readableBy(domid));
  await makeNode(store, libxl, ['n0']);
  for (const name of GUEST_READABLE) await makeNode(store, `${home}/${name}`, readableBy(domid));
  for (const name of GUEST_WRITABLE) await makeNode(store, `${home}/${name}`, writableBy(domid));
  await writeBelow(store, home, { vm, name: params.name });
  await writeBelow(store, `${home}/control`, {
    'platform-feature-multiprocessor-suspend': 1,
    'platform-feature-xs_reset_watches': 1,
  });
  await writeBelow(store, vm, { uuid: params.uuid, name: params.name });
  await writeBelow(store, libxl, { type: params.type });
}

export interface DomainPorts {
  readonly storePort: number;
  readonly consolePort: number;
}

/** Where its rings are; undefined where the guest has none. */
export interface DomainRings {
  readonly storeGfn: number | undefined;
  readonly consoleGfn: number | undefined;
}

/** What is known before the domain has its memory. For a transaction. */
export async function writeSettings(
  store: Store,
  domid: number,
  params: DomainParameters,
  ports: DomainPorts,
  image: Readonly<Record<string, string>>,
): Promise<void> {
  const home = domainPath(domid);
  await writeBelow(store, home, {
    'memory/static-max': params.maxMemoryKib,
    'memory/target': params.targetMemoryKib - params.videoMemoryKib,
    'memory/videoram': params.videoMemoryKib,
    domid,
    'store/port': ports.storePort,
  });
  for (const [vcpu, online] of params.onlineVcpus.entries()) {
    await writeBelow(store, home, { [`cpu/${vcpu}/availability`]: online ? 'online' : 'offline' });
  }
  await writeConsole(store, domid, ports.consolePort);
  await writeBelow(store, vmPath(params.uuid), { start_time: (Date.now() / 1000).toFixed(2), ...image });
}

/** What only the domain's memory tells. A guest that migrates stands still meanwhile, so that this is all that is left for then. */
export async function writeRings(store: Store, domid: number, { storeGfn, consoleGfn }: DomainRings): Promise<void> {
  await writeBelow(store, domainPath(domid), {
    ...(storeGfn === undefined ? {} : { 'store/ring-ref': storeGfn }),
    ...(consoleGfn === undefined ? {} : { 'console/ring-ref': consoleGfn }),
  });
}

async function writeConsole(store: Store, domid: number, port: number): Promise<void> {
  const frontend = `${domainPath(domid)}/console`;
  const backend = `${consoleBackendPath(domid)}/0`;
  await makeNode(store, frontend, readableBy(domid));
  await makeNode(store, backend, readableBy(domid));
  await writeBelow(store, backend, { frontend, 'frontend-id': domid, online: 1, state: 1, protocol: 'vt100' });
  await writeBelow(store, frontend, {
    backend,
    'backend-id': 0,
    limit: CONSOLE_LIMIT,
    type: 'xenconsoled',
    output: 'pty',
    tty: '',
    port,
  });
}

/** Removes all nodes of a domain; those of its uuid stay while another domain (of a migration) uses them. */
export async function removeNodes(store: Store, domid: number, uuid: string): Promise<void> {
  await removeTree(store, domainPath(domid));
  await removeTree(store, libxlPath(domid));
  await removeTree(store, deviceModelPath(domid));
  await removeTree(store, consoleBackendPath(domid));
  await removeTreeUnlessShared(store, vmPath(uuid), vmPath(uuid));
}

async function removeTreeUnlessShared(store: Store, path: string, vm: string): Promise<void> {
  if (path === vm && (await isUsed(store, vm))) return;
  await removeTree(store, path);
}

async function isUsed(store: Store, vm: string): Promise<boolean> {
  for (const domid of await children(store, '/local/domain')) {
    const path = await store.read(`/local/domain/${domid}/vm`).catch(() => undefined);
    if (path === vm) return true;
  }
  return false;
}

async function makeNode(store: Store, path: string, permissions: readonly string[]): Promise<void> {
  await store.mkdir(path);
  await store.setPermissions(path, [...permissions]);
}
