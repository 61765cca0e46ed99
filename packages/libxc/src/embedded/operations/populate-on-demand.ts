import { INVALID_FRAME } from '../../hypervisor/frames.js';
import type { Domain } from '../domains/domain.js';
import { ON_DEMAND } from '../domains/hvm-p2m.js';
import type { HostState } from '../host-state.js';
import { FLAG, INDEX_MASK } from '../memory/frame-table.js';
import { crash } from '../run/scheduler.js';
import { refuse, requireHvm } from './errors.js';
import type { Handlers } from './types.js';

/**
 * Populate-on-demand, as Xen has it (arch/x86/mm/p2m-pod.c): a domain is told of more memory than it has, until its
 * balloon driver gives the difference back. Its gfns get frames at first use, out of a cache that the domain owns.
 */
export const populateOnDemandHandlers: Handlers<'populateOnDemand' | 'podTarget' | 'setPodTarget'> = {
  populateOnDemand(host, _connection, domid, pfns, order) {
    const domain = host.domain(domid, 'populateOnDemand');
    requireHvm(domain, 'populateOnDemand');
    const size = 2 ** order;
    let done = 0;
    for (const pfn of pfns) {
      // Memory that is there already is not given up for it.
      if (!(pfn >= 0 && pfn + size <= domain.p2m.capacity) || !isFree(domain, pfn, size)) break;
      for (let i = 0; i < size; i++) domain.p2m.set(pfn + i, ON_DEMAND);
      done++;
    }
    return done;
  },

  podTarget(host, _connection, domid) {
    const domain = host.domain(domid, 'podTarget');
    return { entries: domain.p2m.onDemand, cachePages: domain.podCache.length };
  },

  setPodTarget(host, _connection, domid, pages) {
    const domain = host.domain(domid, 'setPodTarget');
    requireHvm(domain, 'setPodTarget');
    const { machine } = host;
    const populated = machine.framesOf(domid) - domain.podCache.length;
    const wanted = Math.min(Math.max(pages - populated, 0), domain.p2m.onDemand);
    const missing = wanted - domain.podCache.length;
    if (missing < 0) giveBack(host, domain, -missing);
    const room = Math.max(0, domain.maxPages - machine.framesOf(domid));
    if (missing > machine.grant(Math.min(Math.max(missing, 0), room))) {
      throw refuse('ENOMEM', 'setPodTarget', domain, `${missing} more pages can't be had`);
    }
    for (let i = 0; i < missing; i++) domain.podCache.push(machine.allocate(domid, 0)!);
  },
};

function isFree({ p2m }: Domain, pfn: number, size: number): boolean {
  for (let i = 0; i < size; i++) if (p2m.mfnOf(pfn + i) !== INVALID_FRAME) return false;
  return true;
}

function giveBack({ machine }: HostState, domain: Domain, count: number): void {
  machine.freeing((freed) => {
    for (const mfn of domain.podCache.splice(-count)) {
      machine.frames.columns(mfn)!.flags[mfn & INDEX_MASK]! &= ~FLAG.allocated;
      machine.putFrame(mfn, freed);
    }
  });
}

/**
 * The frame behind a gfn for somebody who uses it: one that is populated on demand gets its frame now. As in Xen, the
 * domain crashes when its cache has none left.
 */
export function frameForUse(host: HostState, domain: Domain, gfn: number): number {
  const { p2m, podCache } = domain;
  if (!p2m.isOnDemand(gfn)) return p2m.mfnOf(gfn);
  const mfn = podCache.pop();
  if (mfn === undefined) {
    crash(host, domain, `out of populate-on-demand memory: gfn 0x${gfn.toString(16)}, ${p2m.onDemand} entries`);
    return INVALID_FRAME;
  }
  host.machine.memory.frame(mfn).fill(0);
  host.machine.m2p.set(mfn, gfn);
  p2m.set(gfn, mfn);
  host.markDirty(domain, mfn);
  return mfn;
}
