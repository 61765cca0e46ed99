import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { xenRelease } from './abi/releases.js';
import { Hypercalls } from './native/hypercalls.js';
import type { XenLibraries } from './native/libraries.js';
import { domainOperations } from './operations/domains.js';
import { eventOperations } from './operations/events.js';
import { hostOperations, xenVersion } from './operations/host.js';
import { hvmOperations } from './operations/hvm.js';
import { logDirtyOperations } from './operations/log-dirty.js';
import { memoryOperations } from './operations/memory.js';
import { policyOperations } from './operations/policy.js';
import { schedulerOperations } from './operations/scheduler.js';
import { vcpuOperations } from './operations/vcpus.js';

/**
 * The hypervisor interface over Xen's libraries.
 *
 * @throws HypervisorError EOPNOTSUPP for a release of Xen whose structures are not known here
 */
export async function xenHypervisor(libraries: XenLibraries): Promise<Hypervisor> {
  const xen = new Hypercalls(libraries);
  const version = await xenVersion(xen);
  xen.setRelease(xenRelease(version.major, version.minor));
  return {
    ...hostOperations(xen, version),
    ...domainOperations(xen),
    ...schedulerOperations(xen),
    ...memoryOperations(xen),
    ...logDirtyOperations(xen),
    ...vcpuOperations(xen),
    ...hvmOperations(xen),
    ...policyOperations(xen),
    ...eventOperations(xen),
    async close() {
      xen.buffers.close();
      libraries.close();
    },
  };
}
