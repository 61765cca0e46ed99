import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { PAGE_MATCHES, REG } from '../isa.js';
import { checkPage, expectedWord } from '../page-content.js';
import { print } from './console.js';
import type { Kernel } from './kernel.js';
import { writeXenstore } from './xenstore.js';

/** Notes what was found, in the vcpu's own block; vcpu 0 says it. r10: address, rdx: generation, rax: first bad word. */
export function noteLost(kernel: Kernel): void {
  const { registers, vcpu } = kernel.context;
  const address = registers.get(REG.r10);
  const word = registers.get(REG.rax);
  kernel.setVcpu(vcpu, 'lostGeneration', registers.get(REG.rdx));
  kernel.setVcpu(vcpu, 'lostWord', word);
  kernel.setVcpu(vcpu, 'lostFound', kernel.space.read32(address + word * 4));
  kernel.setVcpu(vcpu, 'lostPage', address / PAGE_SIZE + 1);
}

/** How many vcpus stand before a page that is not what it should be. */
export function lostPages(kernel: Kernel): number {
  let count = 0;
  for (let vcpu = 0; vcpu < kernel.get('vcpus'); vcpu++) if (kernel.getVcpu(vcpu, 'lostPage') !== 0) count++;
  return count;
}

/** Loudly: on the console, in the host's log and in xenstore. */
export function reportLost(kernel: Kernel): void {
  for (let vcpu = 0; vcpu < kernel.get('vcpus'); vcpu++) {
    if (kernel.getVcpu(vcpu, 'lostPage') === 0) continue;
    const text = describeLost(kernel, vcpu);
    print(kernel, `selfcheck: ${text}`);
    kernel.hypercalls.log(`selfcheck: ${text}`);
    writeXenstore(kernel, 'data/selfcheck/state', `lost: ${text}`);
  }
}

function describeLost(kernel: Kernel, vcpu: number): string {
  const page = kernel.getVcpu(vcpu, 'lostPage') - 1;
  const address = page * PAGE_SIZE;
  const generation = kernel.getVcpu(vcpu, 'lostGeneration');
  const word = kernel.getVcpu(vcpu, 'lostWord');
  const found = kernel.getVcpu(vcpu, 'lostFound');
  const pfn = kernel.get('paravirtual') === 1 ? kernel.pfnOfAddress(address) : page;
  const expected = expectedWord(page, generation, word);
  const held = kernel.space.read32(address + 4);
  const whole = checkPage(kernel.space.forRead(address).words, page, held) === PAGE_MATCHES;
  const where = `pfn ${hex(pfn)} word ${word}: expected ${hex(expected)} (generation ${generation}), found ${hex(found)}`;
  return whole ? `LOST WRITE ${where} (whole page of generation ${held})` : `TORN WRITE ${where}`;
}

const hex = (n: number) => `0x${n.toString(16)}`;
