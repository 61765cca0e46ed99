import { DecodeError } from './decode-error.js';
import { type Decoded, padding, structure, text, u32, u64, viewOf } from './structure.js';

const MAX_GUEST_CMDLINE = 1024;

/** struct start_info of a 32-bit guest (public/xen.h), the console by its domU layout. */
export const START_INFO_32 = structure({
  magic: text(32),
  nr_pages: u32,
  shared_info: u32,
  flags: u32,
  store_mfn: u32,
  store_evtchn: u32,
  console_mfn: u32,
  console_evtchn: u32,
  pt_base: u32,
  nr_pt_frames: u32,
  mfn_list: u32,
  mod_start: u32,
  mod_len: u32,
  cmd_line: text(MAX_GUEST_CMDLINE),
  first_p2m_pfn: u32,
  nr_p2m_frames: u32,
});
export type StartInfo32 = Decoded<typeof START_INFO_32>;

/** The same of a 64-bit guest. */
export const START_INFO_64 = structure({
  magic: text(32),
  nr_pages: u64,
  shared_info: u64,
  flags: u32,
  _pad0: padding(4),
  store_mfn: u64,
  store_evtchn: u32,
  _pad1: padding(4),
  console_mfn: u64,
  console_evtchn: u32,
  _pad2: padding(4),
  pt_base: u64,
  nr_pt_frames: u64,
  mfn_list: u64,
  mod_start: u64,
  mod_len: u64,
  cmd_line: text(MAX_GUEST_CMDLINE),
  first_p2m_pfn: u64,
  nr_p2m_frames: u64,
});
export type StartInfo64 = Decoded<typeof START_INFO_64>;

export type StartInfo = ({ width: 4 } & StartInfo32) | ({ width: 8 } & StartInfo64);

/** What start_info's magic begins with; the rest names the version and the platform. */
export const START_INFO_MAGIC = 'xen-';

/**
 * start_info, from the page of the guest that vcpu 0's (e/r)dx names. In a stream store_mfn and console_mfn are pfns:
 * the guest turns them round before it suspends.
 * @throws DecodeError when the page is too short or does not begin with Xen's magic
 */
export function decodeStartInfo(page: Uint8Array, width: 4 | 8): StartInfo {
  const size = width === 4 ? START_INFO_32.size : START_INFO_64.size;
  if (page.length < size) throw new DecodeError('start_info', `${page.length} bytes, fewer than ${size}`);
  const info: StartInfo =
    width === 4 ? { width, ...START_INFO_32.read(viewOf(page), 0) } : { width, ...START_INFO_64.read(viewOf(page), 0) };
  if (!info.magic.startsWith(START_INFO_MAGIC)) {
    throw new DecodeError(
      'start_info',
      `magic '${printable(info.magic)}' does not begin with '${START_INFO_MAGIC}'`,
      0,
    );
  }
  return info;
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '.');
}
