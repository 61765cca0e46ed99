import { type CheckTarget, checkMigration } from '../check/check-migration.js';
import type { Finding } from '../check/findings.js';
import { retrieveConfiguration } from '../domain/configuration.js';
import { type DomainSummary, listDomains } from '../domain/list.js';
import { isLibxlError, textOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import type { EvacuationGuest, EvacuationTarget } from './plan.js';

export interface GatherOptions {
  readonly host: Host;
  /** By their names; what askTarget() found out. */
  readonly targets: ReadonlyMap<string, CheckTarget>;
  /** Whether a domain is to go at all; default: all but domain 0 and those that are just being received. */
  readonly wanted?: (domain: DomainSummary) => boolean;
  readonly priorityOf?: (name: string) => number;
  /** Left free at each target. */
  readonly reserveKib?: number;
  readonly signal?: AbortSignal;
}

/** What a plan is made of: the domains, each checked against each target, and what the targets have room for. */
export async function gatherEvacuation(
  options: GatherOptions,
): Promise<{ readonly guests: EvacuationGuest[]; readonly targets: EvacuationTarget[] }> {
  const { host, targets, wanted = () => true, priorityOf = () => 0, reserveKib = 0 } = options;
  const guests: EvacuationGuest[] = [];
  for (const domain of await listDomains(host)) {
    const { domid, name } = domain;
    if (domid === 0 || name === undefined || isUnderWay(name) || !wanted(domain)) continue;
    guests.push({ domid, name, priority: priorityOf(name), ...(await checkAgainstAll(options, domain)) });
  }
  return {
    guests,
    targets: [...targets].map(([name, target]) => {
      const free = target.toolstack === 'ours' ? target.description.freeMemoryKib : target.freeMemoryKib;
      return { name, freeKib: free === undefined ? undefined : Math.max(0, free - reserveKib) };
    }),
  };
}

/** What another migration brings here, or has just taken away. */
const isUnderWay = (name: string) => /--(?:incoming|migratedaway)$/.test(name);

async function checkAgainstAll({ host, targets, signal }: GatherOptions, { domid, memoryKib }: DomainSummary) {
  const findings = new Map<string, readonly Finding[]>();
  let needed = memoryKib;
  for (const [name, target] of targets) {
    try {
      const config = await retrieveConfiguration(host, domid);
      const check = await checkMigration({
        host,
        domid,
        config,
        target,
        measureMs: 0,
        ...(signal === undefined ? {} : { signal }),
      });
      // Room is the plan's matter: it knows what else goes there.
      findings.set(
        name,
        check.findings.filter(({ about }) => about !== 'memory'),
      );
      needed = check.memoryKib;
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      findings.set(name, [{ severity: 'problem', about: 'state', text: textOf(e) }]);
    }
  }
  return { findings, memoryKib: needed };
}
