import { VUART_TYPE } from '../../config/index.js';
import { toInt32 } from '../c-numbers.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { isLeftToLibxl, putMemory } from './memory.js';
import { namedMember } from './named-member.js';
import { translateVnuma } from './vnuma.js';

// A bitmap of more vCPUs than this only fills the memory: no Xen has such guests.
const VCPUS_LIMIT = 1n << 20n;

export function translateMemoryAndVcpus(t: Translation, draft: Draft): void {
  const { build } = draft;
  putMemory(t, 'memory', build, 'target_memkb');
  putMemory(t, 'maxmem', build, 'max_memkb');
  const vcpus = availableVcpus(t, draft);
  const most = t.lookup.long('maxvcpus');
  if (most !== undefined) build.max_vcpus = toInt32(most);
  const vuart = namedMember(t, 'vuart', VUART_TYPE);
  if (vuart !== undefined) build.arch_arm = { vuart };
  translateVnuma(t, draft);
  if (isLeftToLibxl(build.max_memkb) && build.target_memkb !== undefined) build.max_memkb = build.target_memkb;
  if ((build.max_vcpus ?? 0) === 0) build.max_vcpus = toInt32(vcpus);
  if (BigInt(build.max_vcpus ?? 0) < vcpus) throw t.refuse(EXIT_FAILURE, 'xl: maxvcpus < vcpus');
}

function availableVcpus(t: Translation, { build }: Draft): bigint {
  const vcpus = t.lookup.long('vcpus');
  if (vcpus === undefined) return 0n;
  if (toInt32(vcpus) < 0) {
    throw t.refuse(
      EXIT_FAILURE,
      'libxl: error: libxl_utils.c:809:libxl_cpu_bitmap_alloc: invalid number of cpus provided',
      'Unable to allocate cpumap',
    );
  }
  if (vcpus > VCPUS_LIMIT) throw t.refuse(EXIT_FAILURE, `xl: vcpus=${vcpus} are more than any guest can have`);
  build.avail_vcpus = Array.from({ length: Math.max(0, Number(vcpus)) }, (_, vcpu) => vcpu);
  return vcpus;
}
