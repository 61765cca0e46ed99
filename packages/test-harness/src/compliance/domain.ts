import type { CreateDomain } from '@xen-migration/libxc';
import type { Examined } from './check.js';

/** Pages that a domain of these checks may have. */
export const PAGES = 2048;

/** Does something with a domain without memory, and destroys it whatever comes. */
export async function withDomain<T>(
  { hypervisor }: Examined,
  kind: CreateDomain['kind'],
  use: (domid: number) => Promise<T>,
): Promise<T> {
  const domid = await hypervisor.createDomain({
    kind,
    uuid: UUID,
    maxVcpus: 2,
    maxGrantFrames: 32,
    maxEventChannel: 1023,
    hap: kind !== 'pv',
    passthrough: false,
  });
  try {
    await hypervisor.setMaxMemory(domid, PAGES * 4);
    if (kind !== 'pv') await hypervisor.setPagingMemory(domid, 2048);
    return await use(domid);
  } finally {
    await hypervisor.destroyDomain(domid);
  }
}

/** A domid that nobody has. */
export const NOBODY = 0x7123;
export const UUID = Uint8Array.from({ length: 16 }, (_, i) => 0x10 + i);

export function pfns(count: number, first = 0): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => first + i);
}
