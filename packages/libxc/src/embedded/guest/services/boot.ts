import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { GuestFault } from '../fault.js';
import { REG } from '../isa.js';
import { KERNEL_MAGIC, MAX_VCPUS } from '../kernel-data.js';
import { inflateBalloon } from './balloon.js';
import { bootHvm } from './boot-hvm.js';
import { bootPv } from './boot-pv.js';
import { type Parameters, parseCommandLine } from './command-line.js';
import { print } from './console.js';
import type { FreeMemory } from './free-memory.js';
import type { Kernel } from './kernel.js';
import { announceSuspendPort } from './suspend.js';
import { connectXenstore, pumpXenstore } from './xenstore.js';

/** vcpu 0: finds out where it is, takes its memory, connects its rings, starts the other vcpus. */
export function boot(kernel: Kernel): void {
  kernel.set('magic', KERNEL_MAGIC);
  const { cmdline, free } = kernel.context.pv !== undefined ? bootPv(kernel) : bootHvm(kernel);
  const parameters = parseCommandLine(cmdline);
  const vcpus = Math.min(kernel.hypercalls.vcpuCount(), MAX_VCPUS, parameters.vcpus);
  kernel.set('vcpus', vcpus);
  shareOut(kernel, inflateBalloon(kernel, free, parameters.balloon), parameters);
  for (const word of parameters.unknown)
    print(kernel, `selfcheck: command line: '${word}' means nothing to this kernel`);
  connectXenstore(kernel);
  announceSuspendPort(kernel);
  pumpXenstore(kernel);
  for (let vcpu = 1; vcpu < vcpus; vcpu++) startVcpu(kernel, vcpu);
}

/** Divides the pages to check between the vcpus, and sets what the command line says. */
function shareOut(kernel: Kernel, free: FreeMemory, parameters: Parameters): void {
  const vcpus = kernel.get('vcpus');
  const generationPages = Math.ceil(((free.low.pages + free.high.pages) * 4) / PAGE_SIZE);
  const lowPages = free.low.pages - generationPages;
  if (lowPages < vcpus) throw new GuestFault('PANIC', `${free.low.pages} free pages are too few to run in`);
  const pages = lowPages + free.high.pages;
  kernel.set('generations', free.low.address);
  kernel.set('lowAddress', free.low.address + generationPages * PAGE_SIZE);
  kernel.set('lowPages', lowPages);
  kernel.set('highAddress', free.high.address);
  kernel.set('pages', pages);
  kernel.set('pattern', parameters.pattern);
  kernel.set('rate', parameters.rate);
  kernel.set('statusEvery', parameters.status * 1000);
  kernel.set('churn', parameters.churn ? 1 : 0);
  const share = Math.floor(pages / vcpus);
  const wanted = Math.max(1, Math.min(pages, Math.ceil(parameters.workingSet / PAGE_SIZE / vcpus)));
  for (let vcpu = 0; vcpu < vcpus; vcpu++) {
    const count = vcpu === vcpus - 1 ? pages - share * vcpu : share;
    const rewrite = Math.min(count, wanted);
    kernel.setVcpu(vcpu, 'id', vcpu);
    kernel.setVcpu(vcpu, 'first', share * vcpu);
    kernel.setVcpu(vcpu, 'count', count);
    kernel.setVcpu(vcpu, 'rewrite', rewrite);
    kernel.setVcpu(vcpu, 'hot', Math.max(1, Math.floor(rewrite / 10)));
    kernel.setVcpu(vcpu, 'random', (Math.imul(vcpu + 1, 0x9e37_79b1) | 1) >>> 0);
  }
}

function startVcpu(kernel: Kernel, vcpu: number): void {
  kernel.hypercalls.startVcpu(
    vcpu,
    [
      { register: REG.rdi, value: vcpu },
      { register: REG.rbp, value: kernel.base },
    ],
    kernel.get('secondaryEntry'),
  );
}
