import type { LibxlDomainConfig } from '../config/index.js';
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
  const maxVcpus = built.max_vcpus || 1;
  const maxMemoryKib = Number(built.max_memkb ?? built.target_memkb ?? DEFAULT_MEMORY_KIB);
  const available = built.avail_vcpus ?? [0];
  return {
    type,
    name,
    uuid: created.uuid ?? newUuid(),
    domid: created.domid ?? 0,
    maxVcpus,
    onlineVcpus: Array.from({ length: maxVcpus }, (_, vcpu) => available.includes(vcpu)),
    maxMemoryKib,
    targetMemoryKib: Math.min(Number(built.target_memkb ?? maxMemoryKib), maxMemoryKib),
    videoMemoryKib: Number(built.video_memkb ?? 0),
    maxGrantFrames: built.max_grant_frames ?? DEFAULT_GRANT_FRAMES,
    maxEventChannels: built.event_channels ?? DEFAULT_EVENT_CHANNELS,
    passthrough: (config.pcidevs?.length ?? 0) > 0,
  };
}
