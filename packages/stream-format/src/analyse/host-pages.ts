import { DecodeError } from '../decode/decode-error.js';
import { nameHvmParams } from '../decode/hvm-params.js';
import { decodeSharedInfo } from '../decode/shared-info.js';
import { decodeStartInfo, type StartInfo } from '../decode/start-info.js';
import { decodeVcpuContext } from '../decode/vcpu-context.js';
import type { Guest } from './guest.js';

/** pfn, contents and fields of a PV guest's start_info. */
export interface StartInfoPage {
  readonly pfn: number;
  readonly page: Uint8Array;
  readonly info: StartInfo;
}

/** The page that vcpu 0's dx names; undefined where there is none, or it holds no start_info. */
export function startInfoOf({ state, pv }: Guest): StartInfoPage | undefined {
  const basic = state.vcpus.get(0)?.get('X86_PV_VCPU_BASIC');
  const width = state.pvInfo?.guestWidth;
  if (basic === undefined || width === undefined || pv === undefined) return undefined;
  return ifDecodable(() => {
    const context = decodeVcpuContext(basic, width);
    const pfn = Number(context.width === 4 ? context.user_regs.edx : context.user_regs.rdx);
    const page = pv.startInfo(pfn);
    return page === undefined ? undefined : { pfn, page, info: decodeStartInfo(page, width) };
  });
}

/** The rule (HOST_BOUND) by which a page's contents belong to the host; undefined for the guest's own pages. */
export type HostPageRule = (pfn: number) => 'p2m-contents' | 'p2m-tree' | 'rings' | undefined;

export function hostPages(guest: Guest): HostPageRule {
  return guest.pv === undefined ? hvmHostPages(guest) : pvHostPages(guest);
}

function pvHostPages(guest: Guest): HostPageRule {
  const { pv, state } = guest;
  const info = startInfoOf(guest)?.info;
  const rings = new Set(info === undefined ? [] : [Number(info.store_mfn), Number(info.console_mfn)]);
  const width = state.pvInfo?.guestWidth;
  const shared = state.sharedInfo;
  const top =
    shared === undefined || width === undefined
      ? undefined
      : ifDecodable(() => Number(decodeSharedInfo(shared, width).arch.pfn_to_mfn_frame_list_list));
  const isTree = pv?.treePages((top ?? 0) % 2 ** 32);
  return (pfn) => {
    if (pv?.isP2m(pfn)) return 'p2m-contents';
    if (rings.has(pfn)) return 'rings';
    return isTree?.(pfn) ? 'p2m-tree' : undefined;
  };
}

const RING_PARAMS = ['STORE_PFN', 'CONSOLE_PFN', 'IOREQ_PFN', 'BUFIOREQ_PFN'];
/** Where a stream has IOREQ_SERVER_PFN without their number, and at most. */
const MAX_SERVER_PAGES = 64;

function hvmHostPages({ state }: Guest): HostPageRule {
  const params = new Map(nameHvmParams(state.hvmParams ?? []).map(({ name, value }) => [name, Number(value)]));
  const rings = new Set(RING_PARAMS.map((name) => params.get(name)));
  const server = params.get('IOREQ_SERVER_PFN');
  const pages = Math.min(params.get('NR_IOREQ_SERVER_PAGES') ?? 1, MAX_SERVER_PAGES);
  return (pfn) => {
    const ofServer = server !== undefined && pfn >= server && pfn < server + pages;
    return ofServer || rings.has(pfn) ? 'rings' : undefined;
  };
}

function ifDecodable<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
