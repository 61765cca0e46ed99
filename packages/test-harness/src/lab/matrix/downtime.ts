import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainInfo, Hypervisor } from '@xen-migration/libxc';

type Watched = Pick<Hypervisor, 'listDomains'>;

const EVERY_MS = 20;
const MOST_DOMAINS = 16;

/**
 * How long a guest that is migrated within one host stands still, whoever migrates it: from the moment that it has
 * suspended to the one that its copy, which is a newer domain, may run.
 *
 * @returns milliseconds, by 20 too few or too many
 * @throws Error where the guest is gone and was not seen suspended
 */
export async function watchDowntime(hypervisor: Watched, domid: number): Promise<number> {
  await until(hypervisor, domid, ([source]) => {
    if (source?.domid !== domid) throw new Error(`domain ${domid} is gone, and was not seen suspended`);
    return source.shutdown;
  });
  const began = performance.now();
  await until(hypervisor, domid, (domains) => domains.some((domain) => domain.domid > domid && mayRun(domain)));
  return performance.now() - began;
}

async function until(hypervisor: Watched, first: number, holds: (domains: readonly DomainInfo[]) => boolean) {
  while (!holds(await hypervisor.listDomains(first, MOST_DOMAINS))) await sleep(EVERY_MS);
}

function mayRun({ paused, shutdown, dying }: DomainInfo): boolean {
  return !paused && !shutdown && !dying;
}
