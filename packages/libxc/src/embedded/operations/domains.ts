import { MAX_BATCH } from '../../hypervisor/frames.js';
import { type DomainInfo, SHUTDOWN } from '../../hypervisor/hypervisor.js';
import { Domain } from '../domains/domain.js';
import { HvmRecords } from '../domains/hvm-records.js';
import { prepareSuspend } from '../held/suspend.js';
import type { HostState } from '../host-state.js';
import { destroyDomain } from '../lifecycle/destroy.js';
import { FLAG } from '../memory/frame-table.js';
import { CPU_TIME } from '../run/control.js';
import { forgetHeld, schedule, shutDown, vcpusStopped, whyHeld } from '../run/scheduler.js';
import { refuse } from './errors.js';
import { HOST_KHZ, hostInfo } from './host-info.js';
import type { Handlers } from './types.js';

/** Domids from here on are Xen's own names (DOMID_FIRST_RESERVED). */
const FIRST_RESERVED_DOMID = 0x7ff0;
const MAX_VCPUS = 128;
/** Guest frames that can be named, beyond the machine's: room for holes. */
const SPARE_PAGES = 2 ** 21;

export const domainHandlers: Handlers<
  | 'info'
  | 'consoleRing'
  | 'listDomains'
  | 'domainInfo'
  | 'createDomain'
  | 'setMaxMemory'
  | 'setPagingMemory'
  | 'pause'
  | 'unpause'
  | 'destroyDomain'
  | 'resumeDomain'
  | 'shutdownDomain'
> = {
  info: (host) => hostInfo(host),
  consoleRing: (host) => host.log.contents(),

  listDomains(host, _connection, first, max) {
    const domids = [...host.domains.keys()].filter((domid) => domid >= first).sort((a, b) => a - b);
    return domids.slice(0, Math.min(max, MAX_BATCH)).map((domid) => describe(host, host.domain(domid, 'listDomains')));
  },

  domainInfo: (host, _connection, domid) => describe(host, host.domain(domid, 'domainInfo')),

  createDomain(host, _connection, config) {
    const operation = 'createDomain';
    if (config.uuid.length !== 16) throw refuse('EINVAL', operation, undefined, 'a uuid has 16 bytes');
    if (!(config.maxVcpus >= 1 && config.maxVcpus <= MAX_VCPUS)) {
      throw refuse('EINVAL', operation, undefined, `${config.maxVcpus} vcpus (1 to ${MAX_VCPUS} are possible)`);
    }
    const domid = config.domid === undefined || config.domid === 0 ? nextDomid(host) : config.domid;
    if (domid === undefined || domid >= FIRST_RESERVED_DOMID) {
      throw refuse('EINVAL', operation, undefined, `domid ${domid} is not possible`);
    }
    if (host.domains.has(domid)) throw refuse('EEXIST', operation, undefined, `domain ${domid} exists`);
    if (host.machine.grant(2) < 2) throw refuse('ENOMEM', operation, undefined, 'the machine is full');
    const sharedInfo = host.machine.allocateShared(domid);
    if (sharedInfo === undefined) throw refuse('ENOMEM', operation, undefined, 'the machine is full below 4 GiB');
    const grants = host.machine.allocate(domid, 0, FLAG.special)!;
    for (const mfn of [sharedInfo, grants]) host.machine.memory.frame(mfn).fill(0);
    const pages = Math.max(2 ** 22, host.machine.layout.frames + SPARE_PAGES);
    const tsc = { mode: 0, khz: HOST_KHZ, nsec: 0n, incarnation: 0 };
    const domain = new Domain(domid, config, sharedInfo, grants, pages, host.cpu.policy(), tsc);
    if (config.kind !== 'pv') domain.hvmRecords = HvmRecords.fresh(config.maxVcpus, config.kind);
    host.domains.set(domid, domain);
    host.lastDomid = domid;
    host.spareThread.prepare();
    return domid;
  },

  setMaxMemory(host, _connection, domid, kib) {
    host.domain(domid, 'setMaxMemory').maxPages = Math.floor(kib / 4);
  },

  setPagingMemory(host, _connection, domid, kib) {
    // Its tables of HVM domains need no pool.
    const domain = host.domain(domid, 'setPagingMemory');
    if (!(kib >= 0)) throw refuse('EINVAL', 'setPagingMemory', domain, `${kib} KiB`);
  },

  async pause(host, _connection, domid) {
    const domain = host.domain(domid, 'pause');
    domain.pauses++;
    schedule(host, domain);
    await vcpusStopped(domain);
  },

  unpause(host, _connection, domid) {
    const domain = host.domain(domid, 'unpause');
    if (domain.pauses === 0) throw refuse('EINVAL', 'unpause', domain, 'it is not paused');
    domain.pauses--;
    schedule(host, domain);
  },

  destroyDomain: (host, _connection, domid) => destroyDomain(host, host.domain(domid, 'destroyDomain')),

  resumeDomain(host, _connection, domid) {
    const domain = host.domain(domid, 'resumeDomain');
    if (domain.shutdown === undefined) return;
    if (!domain.shutdownComplete) throw refuse('EINVAL', 'resumeDomain', domain, 'its vcpus are still stopping');
    domain.shutdown = undefined;
    domain.shutdownComplete = false;
    forgetHeld(domain);
    schedule(host, domain);
  },

  async shutdownDomain(host, _connection, domid, reason) {
    const domain = host.domain(domid, 'shutdownDomain');
    if (domain.dying) throw refuse('EINVAL', 'shutdownDomain', domain, 'it is dying');
    if (reason === SHUTDOWN.suspend && whyHeld(host, domain) !== undefined) prepareSuspend(host, domain);
    await shutDown(host, domain, reason);
  },
};

function nextDomid(host: HostState): number | undefined {
  for (let tried = 1; tried < FIRST_RESERVED_DOMID; tried++) {
    const domid = 1 + ((host.lastDomid + tried - 1) % (FIRST_RESERVED_DOMID - 1));
    if (!host.domains.has(domid)) return domid;
  }
  return undefined;
}

function describe(host: HostState, domain: Domain): DomainInfo {
  const online = domain.vcpus.filter((vcpu) => vcpu.online);
  const held = whyHeld(host, domain);
  const up = domain.runnable && held === undefined;
  return {
    domid: domain.domid,
    uuid: domain.uuid,
    hvm: domain.hvm,
    dying: domain.dying,
    shutdown: domain.shutdownComplete,
    shutdownReason: domain.shutdownComplete ? domain.shutdown : undefined,
    paused: domain.pauses > 0,
    blocked: held !== undefined ? domain.runnable : up && online.every((vcpu) => vcpu.blocked),
    running: up && online.some((vcpu) => vcpu.executing && !vcpu.blocked),
    totalPages: host.machine.framesOf(domain.domid),
    maxPages: domain.maxPages,
    sharedInfoFrame: sharedInfoFrame(domain),
    cpuTime: domain.vcpus.reduce((sum, vcpu) => sum + cpuTimeOf(vcpu.control), 0n),
    onlineVcpus: online.length,
    maxVcpuId: domain.vcpus.length - 1,
    heldBecause: held,
  };
}

/** HVM guests have it where they put it. */
function sharedInfoFrame(domain: Domain): number {
  return domain.hvm ? domain.sharedInfoGfn : domain.sharedInfoMfn;
}

/** Nanoseconds. */
export function cpuTimeOf(control: SharedArrayBuffer): bigint {
  return BigInt(Math.floor(new Float64Array(control)[CPU_TIME / 8]! * 1e6));
}
