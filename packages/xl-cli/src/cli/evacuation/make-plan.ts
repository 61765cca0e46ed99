import {
  askTarget,
  type CheckTarget,
  diskPaths,
  type EvacuationPlan,
  gatherEvacuation,
  isLibxlError,
  listDomains,
  planEvacuation,
  retrieveConfiguration,
} from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { type Reach, reachTarget } from '../migration/transport.js';
import { wholeNumber } from '../values.js';

export interface PlanRequest {
  readonly hosts: readonly string[];
  readonly sshCommand: string | undefined;
  readonly tlsDirectory: string | undefined;
  /** As given: `NAME=N,...`, `NAME,...` */
  readonly priority: string | undefined;
  readonly only: string | undefined;
  readonly except: string | undefined;
  readonly reserveKib: number;
}

export interface Planned {
  readonly plan: EvacuationPlan;
  /** How each host is reached. */
  readonly reaches: ReadonlyMap<string, Reach>;
}

const MAX_PRIORITY = 1_000_000;

/** Asks the hosts and plans. A host that does not answer is left out, and that is said. */
export async function makePlan(context: Context, request: PlanRequest): Promise<Planned> {
  const host = await context.host();
  const names = (await listDomains(host)).map(({ name }) => name ?? '');
  const known = (name: string) => {
    if (!names.includes(name)) throw new ExitError(EXIT.failure, `xl: there is no domain called '${name}'\n`);
    return name;
  };
  const only = request.only === undefined ? undefined : new Set(listOf(request.only).map(known));
  const except = new Set(listOf(request.except ?? '').map(known));
  const priorities = new Map(listOf(request.priority ?? '').map((text) => priorityOf(text, known)));
  const { reaches, targets } = await askHosts(context, request);
  const { guests, targets: rooms } = await gatherEvacuation({
    host,
    targets,
    wanted: ({ name = '' }) => (only?.has(name) ?? true) && !except.has(name),
    priorityOf: (name) => priorities.get(name) ?? 0,
    reserveKib: request.reserveKib,
    signal: context.signal,
  });
  return { plan: planEvacuation(guests, rooms), reaches };
}

async function askHosts(context: Context, { hosts, sshCommand, tlsDirectory }: PlanRequest) {
  const reaches = new Map<string, Reach>();
  const targets = new Map<string, CheckTarget>();
  const paths = await allDiskPaths(context);
  for (const name of new Set(hosts)) {
    const reach = reachTarget({ host: name, sshCommand, ...(tlsDirectory === undefined ? {} : { tlsDirectory }) });
    if (reach.fixed) throw new ExitError(EXIT.usage, "xl: evacuate needs hosts that can be asked; -s '' is none\n");
    try {
      targets.set(name, await askTarget({ reach, paths, signal: context.signal }));
      reaches.set(name, reach);
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      context.err(`xl: ${name}: ${e.message}\n`);
    }
  }
  if (targets.size === 0) throw new ExitError(EXIT.failure, 'xl: no host can take a domain\n');
  return { reaches, targets };
}

async function allDiskPaths(context: Context): Promise<string[]> {
  const host = await context.host();
  const paths = new Set<string>();
  for (const { domid } of await listDomains(host)) {
    const config = await retrieveConfiguration(host, domid).catch(() => undefined);
    for (const path of config === undefined ? [] : diskPaths(config)) paths.add(path);
  }
  return [...paths];
}

const listOf = (text: string) => text.split(',').filter((word) => word !== '');

function priorityOf(text: string, known: (name: string) => string): [string, number] {
  const at = text.lastIndexOf('=');
  const [name, number] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  const negative = number.startsWith('-');
  const value = wholeNumber('priority', negative ? number.slice(1) : number, 0, MAX_PRIORITY);
  return [known(name), negative ? -value : value];
}
