import { arch, cpus } from 'node:os';
import type { HostInfo } from '../../hypervisor/hypervisor.js';
import type { HostState } from '../host-state.js';

/** The frequency of guests' time stamp counters. */
export const HOST_KHZ = 2_600_000;

const NOTICE =
  'embedded host: it executes its own guest programs only; a guest of other code is held, and can be looked at, saved and migrated';

export function hostInfo({ machine }: HostState): HostInfo {
  const processors = cpus();
  return {
    major: 4,
    minor: 17,
    extra: `.0-embedded-${arch()}`,
    capabilities: 'xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ',
    nrCpus: Math.max(1, processors.length),
    cpuKhz: HOST_KHZ,
    totalPages: machine.layout.frames,
    freePages: machine.freeFrames,
    commandLine: '',
    scheduler: 'credit',
    hwCaps: [0x1fcb_fbff, 0xfefa_3203, 0xefd3_fbff, 0x75c2_37ff, 0xf, 0x219c_97a9, 0x0040_0684, 0x100],
    notice: NOTICE,
  };
}
