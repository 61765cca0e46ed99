import { HypervisorError } from '../../hypervisor/errors.js';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { SCHEDULER } from '../abi/layout.js';
import { DOMCTL, SCHEDOP, SCHEDULERS, SYSCTL } from '../abi/numbers.js';
import type { Hypercalls } from '../native/hypercalls.js';

type SchedulerOperations = Pick<Hypervisor, 'schedulerCredit' | 'setSchedulerCredit'>;

/** The number of the host's scheduler. */
export function schedulerId(xen: Hypercalls, operation: string): Promise<number> {
  return xen.sysctl(
    { operation },
    SYSCTL.schedId,
    () => {},
    (union) => union.getUint32(0, true),
  );
}

export function schedulerOperations(xen: Hypercalls): SchedulerOperations {
  const credit = async (operation: string, domid: number, cmd: number, fill: (union: DataView) => void) => {
    const id = await schedulerId(xen, operation);
    const name = SCHEDULERS[id] ?? '';
    if (!name.startsWith('credit')) {
      throw new HypervisorError('EOPNOTSUPP', operation, domid, `the host's scheduler (${name || id}) has no weights`);
    }
    return xen.domctl(
      { operation, domid },
      DOMCTL.schedulerOp,
      (union) => {
        union.setUint32(SCHEDULER.id, id, true);
        union.setUint32(SCHEDULER.cmd, cmd, true);
        fill(union);
      },
      (union) => ({ weight: union.getUint16(SCHEDULER.weight, true), cap: union.getUint16(SCHEDULER.cap, true) }),
    );
  };
  return {
    schedulerCredit: (domid) => credit('schedulerCredit', domid, SCHEDOP.getInfo, () => {}),
    async setSchedulerCredit(domid, { weight, cap }) {
      await credit('setSchedulerCredit', domid, SCHEDOP.putInfo, (union) => {
        union.setUint16(SCHEDULER.weight, weight, true);
        union.setUint16(SCHEDULER.cap, cap, true);
      });
    },
  };
}
