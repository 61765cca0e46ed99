import type {
  LibxlDomainBuildInfo,
  LibxlDomainConfig,
  LibxlDomainCreateInfo,
  LibxlHvmInfo,
} from '../../config/index.js';
import type { Writable } from '../translation.js';

export type GuestType = 'pv' | 'hvm' | 'pvh';

/** A domain config while it is put together. Members that stay absent have libxl's default. */
export interface Draft {
  /** Known once the keys `type` and `builder` have been read, before anything that depends on it. */
  type: GuestType;
  readonly create: Writable<LibxlDomainCreateInfo>;
  readonly build: Writable<LibxlDomainBuildInfo>;
  /** Of HVM guests only. */
  readonly hvm: Writable<LibxlHvmInfo>;
  /** Devices and what is done at the end of the guest. */
  readonly rest: Writable<Omit<LibxlDomainConfig, 'c_info' | 'b_info'>>;
}

export function emptyDraft(): Draft {
  return { type: 'pv', create: {}, build: {}, hvm: {}, rest: {} };
}
