import { DecodeError } from './decode-error.js';
import { type Decoded, i8, list, padding, structure, u8, u32, u64, viewOf } from './structure.js';

/** vcpu_info entries in the page: vcpus above them have theirs elsewhere in the guest's memory. */
const LEGACY_MAX_VCPUS = 32;
const PAGE = 4096;

/** struct vcpu_time_info (public/xen.h). */
const VCPU_TIME_INFO = structure({
  version: u32,
  _pad0: padding(4),
  tsc_timestamp: u64,
  system_time: u64,
  tsc_to_system_mul: u32,
  tsc_shift: i8,
  flags: u8,
  _pad1: padding(2),
});

/** struct vcpu_info (public/xen.h) of a 32-bit guest. */
export const VCPU_INFO_32 = structure({
  evtchn_upcall_pending: u8,
  evtchn_upcall_mask: u8,
  _pad: padding(2),
  evtchn_pending_sel: u32,
  arch: structure({ cr2: u32, _pad: padding(20) }),
  time: VCPU_TIME_INFO,
});

export const VCPU_INFO_64 = structure({
  evtchn_upcall_pending: u8,
  evtchn_upcall_mask: u8,
  _pad: padding(6),
  evtchn_pending_sel: u64,
  arch: structure({ cr2: u64, _pad: padding(8) }),
  time: VCPU_TIME_INFO,
});

/** struct shared_info of a 32-bit guest. */
export const SHARED_INFO_32 = structure({
  vcpu_info: list(VCPU_INFO_32, LEGACY_MAX_VCPUS),
  evtchn_pending: list(u32, 32),
  evtchn_mask: list(u32, 32),
  wc_version: u32,
  wc_sec: u32,
  wc_nsec: u32,
  arch: structure({
    max_pfn: u32,
    pfn_to_mfn_frame_list_list: u32,
    nmi_reason: u32,
    p2m_cr3: u32,
    p2m_vaddr: u32,
    p2m_generation: u32,
    wc_sec_hi: u32,
  }),
});
export type SharedInfo32 = Decoded<typeof SHARED_INFO_32>;

/** struct shared_info of a 64-bit guest. */
export const SHARED_INFO_64 = structure({
  vcpu_info: list(VCPU_INFO_64, LEGACY_MAX_VCPUS),
  evtchn_pending: list(u64, 64),
  evtchn_mask: list(u64, 64),
  wc_version: u32,
  wc_sec: u32,
  wc_nsec: u32,
  wc_sec_hi: u32,
  arch: structure({
    max_pfn: u64,
    pfn_to_mfn_frame_list_list: u64,
    nmi_reason: u64,
    p2m_cr3: u64,
    p2m_vaddr: u64,
    p2m_generation: u64,
  }),
});
export type SharedInfo64 = Decoded<typeof SHARED_INFO_64>;

export type SharedInfo = ({ width: 4 } & SharedInfo32) | ({ width: 8 } & SharedInfo64);

/**
 * The page in a SHARED_INFO record. arch.max_pfn is a count, whatever its name says.
 * @throws DecodeError unless it is a page long
 */
export function decodeSharedInfo(data: Uint8Array, width: 4 | 8): SharedInfo {
  if (data.length !== PAGE) throw new DecodeError('shared_info', `${data.length} bytes instead of ${PAGE}`);
  return width === 4
    ? { width, ...SHARED_INFO_32.read(viewOf(data), 0) }
    : { width, ...SHARED_INFO_64.read(viewOf(data), 0) };
}

/** The page of a SHARED_INFO record; zero after the structure. */
export function encodeSharedInfo(info: SharedInfo): Uint8Array {
  const page = new Uint8Array(PAGE);
  if (info.width === 4) SHARED_INFO_32.write(viewOf(page), 0, info);
  else SHARED_INFO_64.write(viewOf(page), 0, info);
  return page;
}
