import type { HostInfo } from '@xen-migration/libxc';
import type { Host } from './open-host.js';

/** What the hypervisor says of itself and of the machine (libxl_get_physinfo, libxl_get_version_info). */
export function hostInfo(host: Host): Promise<HostInfo> {
  return host.hypervisor.info();
}

/** The hypervisor's message buffer (libxl_xen_console_read_line). */
export function hypervisorMessages(host: Host): Promise<string> {
  return host.hypervisor.consoleRing();
}
