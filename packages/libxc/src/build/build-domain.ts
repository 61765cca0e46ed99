import { KernelImageError, parseKernelImage } from '../embedded/guest/image.js';
import { retrying } from '../hypervisor/retrying.js';
import { buildHvm } from './build-hvm.js';
import { buildPv } from './build-pv.js';
import { type BuildDomainOptions, BuildError, type BuiltDomain } from './types.js';

/** Vcpus that a PV guest's shared_info has room for; HVM guests of the embedded host have no more. */
const MAX_VCPUS = 32;

/**
 * Makes a new, empty domain bootable: memory, kernel, start-of-day structures, page tables or HVM params, vcpu 0. The
 * other vcpus are left down: the kernel brings them up itself, as real ones do. The domain stays paused; on failure the
 * caller destroys it.
 *
 * @throws BuildError, HypervisorError
 */
export async function buildDomain(given: BuildDomainOptions): Promise<BuiltDomain> {
  const options = { ...given, hypervisor: retrying(given.hypervisor) };
  if (!Number.isSafeInteger(options.memoryKib) || options.memoryKib < 4) {
    throw new BuildError('BAD_ARGUMENT', `a domain can't have ${options.memoryKib} KiB of memory`);
  }
  if (!Number.isSafeInteger(options.vcpus) || options.vcpus < 1 || options.vcpus > MAX_VCPUS) {
    throw new BuildError('BAD_ARGUMENT', `a domain can't have ${options.vcpus} vcpus; 1 to ${MAX_VCPUS}`);
  }
  const kernel = parseKernel(options.kernel);
  return options.kind === 'pv' ? buildPv(options, kernel) : buildHvm(options, kernel);
}

function parseKernel(bytes: Uint8Array) {
  try {
    return parseKernelImage(bytes);
  } catch (cause) {
    if (cause instanceof KernelImageError) throw new BuildError('BAD_KERNEL', cause.message, { cause });
    throw cause;
  }
}
