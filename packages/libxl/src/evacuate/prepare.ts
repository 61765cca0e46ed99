import { askTarget } from '../check/ask-target.js';
import type { CheckTarget } from '../check/check-migration.js';
import { diskPaths } from '../check/disks.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import { listDomains } from '../domain/list.js';
import { isLibxlError, LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import type { Reach } from '../target/reach.js';
import { gatherEvacuation } from './gather.js';
import { type EvacuationPlan, planEvacuation } from './plan.js';

export interface PrepareEvacuationOptions {
  readonly host: Host;
  /** By names of your choice, how each host is reached (reachTarget). */
  readonly targets: ReadonlyMap<string, Reach>;
  /** Names of domains: these alone; default: all. */
  readonly only?: readonly string[];
  /** Names of domains that stay. */
  readonly except?: readonly string[];
  /** By the domains' names; higher ones go first; default: 0. */
  readonly priorities?: ReadonlyMap<string, number>;
  /** Left free at each target. */
  readonly reserveKib?: number;
  readonly signal?: AbortSignal;
  /** A target that can't be asked is left out. */
  readonly onUnreachable?: (target: string, error: LibxlError) => void;
}

/**
 * Asks the targets what they are, checks every domain against each of them, and plans which domain goes where. Nothing is
 * changed.
 *
 * @throws LibxlError ERROR_NOTFOUND for a name that no domain has; ERROR_INVAL for a target that can't be asked
 * (an empty sshCommand); ERROR_FAIL where no target answers
 */
export async function prepareEvacuation(options: PrepareEvacuationOptions): Promise<EvacuationPlan> {
  const { host, only, except = [], priorities = new Map<string, number>(), reserveKib = 0, signal } = options;
  const names = new Set((await listDomains(host)).map(({ name }) => name));
  for (const name of [...(only ?? []), ...except, ...priorities.keys()]) {
    if (!names.has(name)) throw new LibxlError('ERROR_NOTFOUND', `there is no domain called '${name}'`);
  }
  const { guests, targets } = await gatherEvacuation({
    host,
    targets: await askAll(options),
    wanted: ({ name = '' }) => (only?.includes(name) ?? true) && !except.includes(name),
    priorityOf: (name) => priorities.get(name) ?? 0,
    reserveKib,
    ...(signal === undefined ? {} : { signal }),
  });
  return planEvacuation(guests, targets);
}

async function askAll(options: PrepareEvacuationOptions): Promise<Map<string, CheckTarget>> {
  const { host, targets, signal, onUnreachable } = options;
  const paths = await allDiskPaths(host);
  const answers = new Map<string, CheckTarget>();
  for (const [name, reach] of targets) {
    if (reach.fixed === true) throw new LibxlError('ERROR_INVAL', `${name}: a fixed command is no host to be asked`);
    try {
      answers.set(name, await askTarget({ reach, paths, ...(signal === undefined ? {} : { signal }) }));
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      onUnreachable?.(name, e);
    }
  }
  if (answers.size === 0) throw new LibxlError('ERROR_FAIL', 'no host can take a domain');
  return answers;
}

async function allDiskPaths(host: Host): Promise<string[]> {
  const paths = new Set<string>();
  for (const { domid } of await listDomains(host)) {
    const config = await retrieveConfiguration(host, domid).catch(() => undefined);
    for (const path of config === undefined ? [] : diskPaths(config)) paths.add(path);
  }
  return [...paths];
}
