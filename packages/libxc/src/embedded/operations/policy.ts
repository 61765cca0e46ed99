import { refuse } from './errors.js';
import type { Handlers } from './types.js';

/** TSC modes: default, always emulated, never emulated. */
const TSC_MODES = 3;

export const policyHandlers: Handlers<'tscInfo' | 'setTscInfo' | 'cpuPolicy' | 'hostCpuPolicy' | 'setCpuPolicy'> = {
  tscInfo(host, _connection, domid) {
    const domain = host.domain(domid, 'tscInfo');
    const elapsed = BigInt(Math.floor((performance.now() - domain.tscSince) * 1e6));
    return { ...domain.tsc, nsec: domain.tsc.nsec + elapsed };
  },

  setTscInfo(host, _connection, domid, tsc) {
    const domain = host.domain(domid, 'setTscInfo');
    if (tsc.mode >= TSC_MODES) throw refuse('EINVAL', 'setTscInfo', domain, `there is no TSC mode ${tsc.mode}`);
    domain.tsc = { ...tsc, incarnation: tsc.incarnation + 1 };
    domain.tscSince = performance.now();
  },

  cpuPolicy(host, _connection, domid) {
    const { leaves, msrs } = host.domain(domid, 'cpuPolicy').cpuPolicy;
    return { leaves: leaves.slice(), msrs: msrs.slice() };
  },

  hostCpuPolicy: (host) => host.cpu.policy(),

  setCpuPolicy(host, _connection, domid, policy) {
    const domain = host.domain(domid, 'setCpuPolicy');
    if (domain.hasRun) throw refuse('EEXIST', 'setCpuPolicy', domain, 'it has run already');
    const why = host.cpu.audit(policy);
    if (why !== undefined) throw refuse('EINVAL', 'setCpuPolicy', domain, why);
    domain.cpuPolicy = { leaves: policy.leaves.slice(), msrs: policy.msrs.slice() };
  },
};
