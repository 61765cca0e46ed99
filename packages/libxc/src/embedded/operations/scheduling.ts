import { DOMAIN_WORD } from '../run/control.js';
import { refuse } from './errors.js';
import type { Handlers } from './types.js';

/** Xen's bounds of a weight. */
const WEIGHT = { min: 1, max: 65_535 } as const;

/**
 * The credit scheduler's parameters. The cap is kept by the vcpus' threads; the weight is only remembered: the machine's
 * own scheduler shares out its CPUs.
 */
export const schedulingHandlers: Handlers<'schedulerCredit' | 'setSchedulerCredit'> = {
  schedulerCredit: (host, _connection, domid) => host.domain(domid, 'schedulerCredit').credit,

  setSchedulerCredit(host, _connection, domid, { weight, cap }) {
    const operation = 'setSchedulerCredit';
    const domain = host.domain(domid, operation);
    if (weight < WEIGHT.min || weight > WEIGHT.max) throw refuse('EINVAL', operation, domain, `a weight of ${weight}`);
    const vcpus = domain.vcpus.length;
    if (cap > vcpus * 100) throw refuse('EINVAL', operation, domain, `a cap of ${cap}% for ${vcpus} vcpus`);
    domain.credit = { weight, cap };
    // Credit divides a cap between the vcpus that want to run; here all do.
    const share = cap === 0 ? 0 : Math.max(1, Math.round(cap / vcpus));
    Atomics.store(new Int32Array(domain.logDirty.control), DOMAIN_WORD.vcpuCap, share);
  },
};
