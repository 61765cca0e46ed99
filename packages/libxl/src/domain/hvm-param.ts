import type { Host } from '../host/open-host.js';

/** HVM parameters that libxl itself asks for (Xen's public hvm/params.h). */
export const PARAM = { CALLBACK_IRQ: 0, ACPI_S_STATE: 14 } as const;

export function hvmParam(host: Host, domid: number, index: (typeof PARAM)[keyof typeof PARAM]): Promise<bigint> {
  return host.hypervisor.hvmParam(domid, index);
}
