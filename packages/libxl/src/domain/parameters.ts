import { CPUID_REGISTERS, type CpuidPolicies, type LibxlDomainConfig } from '../config/index.js';
import { LibxlError } from '../errors.js';
import { newUuid } from '../uuid.js';

export type DomainType = 'pv' | 'hvm' | 'pvh';

/** What making a domain needs of its configuration, defaults filled in as libxl does. */
export interface DomainParameters {
  readonly type: DomainType;
  readonly name: string;
  readonly uuid: string;
  /** 0: any. */
  readonly domid: number;
  readonly maxVcpus: number;
  /** vcpus that are online when it boots. */
  readonly onlineVcpus: readonly boolean[];
  readonly maxMemoryKib: number;
  readonly targetMemoryKib: number;
  readonly videoMemoryKib: number;
  /** The hypervisor's own, for second-level page tables (shadow_memkb). */
  readonly pagingMemoryKib: number;
  readonly maxGrantFrames: number;
  readonly maxEventChannels: number;
  readonly passthrough: boolean;
}

const DEFAULT_MEMORY_KIB = 32 * 1024;
const DEFAULT_GRANT_FRAMES = 64;
const DEFAULT_EVENT_CHANNELS = 1023;

/** @throws LibxlError ERROR_INVAL where the configuration says what no domain can be */
export function domainParameters(config: LibxlDomainConfig): DomainParameters {
  const { c_info: created = {}, b_info: built = {} } = config;
  const type = created.type;
  if (type !== 'pv' && type !== 'hvm' && type !== 'pvh') {
    throw new LibxlError('ERROR_INVAL', `a domain is of type pv, hvm or pvh, not '${type ?? ''}'`);
  }
  const name = created.name ?? '';
  if (name === '') throw new LibxlError('ERROR_INVAL', 'the domain has no name');
  checkCpuidPolicies(built.cpuid);
  const maxVcpus = built.max_vcpus || 1;
  const maxMemoryKib = Number(built.max_memkb ?? built.target_memkb ?? DEFAULT_MEMORY_KIB);
  const available = built.avail_vcpus ?? [0];
  return {
    type,
    name,
    uuid: created.uuid ?? newUuid(),
    domid: guestDomid(created.domid),
    maxVcpus,
    onlineVcpus: Array.from({ length: maxVcpus }, (_, vcpu) => available.includes(vcpu)),
    maxMemoryKib,
    targetMemoryKib: Math.min(Number(built.target_memkb ?? maxMemoryKib), maxMemoryKib),
    videoMemoryKib: Number(built.video_memkb ?? 0),
    pagingMemoryKib: Number(built.shadow_memkb ?? pagingMemory(maxMemoryKib, maxVcpus)),
    maxGrantFrames: built.max_grant_frames ?? DEFAULT_GRANT_FRAMES,
    maxEventChannels: built.event_channels ?? DEFAULT_EVENT_CHANNELS,
    passthrough: (config.pcidevs?.length ?? 0) > 0,
  };
}

/** DOMID_FIRST_RESERVED */
const FIRST_RESERVED_DOMID = 0x7ff0;

// Stock's configurations also hold numbers that no guest can have (INVALID_DOMID): they stand for any.
function guestDomid(domid = 0): number {
  return domid < FIRST_RESERVED_DOMID ? domid : 0;
}

const CPUID_BITS = /^[01xks]*$/;
const MSR_BITS = /^[01xk]*$/;

function checkCpuidPolicies({ cpuid, msr }: CpuidPolicies = { cpuid: [], msr: [] }): void {
  for (const leaf of cpuid) {
    for (const register of CPUID_REGISTERS) {
      const bits = leaf[register] ?? '';
      if (!CPUID_BITS.test(bits))
        throw badPolicy(`leaf 0x${leaf.leaf.toString(16)} ${register}`, bits, '0, 1, x, k, s');
    }
  }
  for (const { index, policy } of msr) {
    if (!MSR_BITS.test(policy)) throw badPolicy(`MSR 0x${index.toString(16)}`, policy, '0, 1, x, k');
  }
}

function badPolicy(where: string, bits: string, allowed: string): LibxlError {
  return new LibxlError('ERROR_FAIL', `Failed to apply CPUID policy: ${where} is '${bits}', not made of ${allowed}`);
}

/** libxl_get_required_shadow_memory: 1 MiB for each vcpu and 8 KiB for each MiB of memory. */
function pagingMemory(maxMemoryKib: number, maxVcpus: number): number {
  return 4 * (256 * maxVcpus + 2 * (maxMemoryKib / 1024));
}
