import { PAGE_SIZE } from '../hypervisor/frames.js';
import { type PvLayout, SHARED_VCPUS, VCPU_INFO_SIZE } from '../x86/layout.js';
import { writeWord } from '../x86/words.js';
import { RestoreFault } from './errors.js';
import type { RestoreTarget } from './guest-type.js';

/**
 * Merges the guest's old shared_info into the new domain's. Taken over: vcpu_info and the arch part. Not taken over:
 * the clock, which is this host's; event channels, which ended with the old domain (none pending, all masked); the p2m
 * tree, whose mfns are the old host's. arch.p2m_cr3 is as stale, but stays, as Xen leaves it: a resumed guest sets it.
 */
export async function applySharedInfo(target: RestoreTarget, layout: PvLayout, saved: Uint8Array): Promise<void> {
  if (saved.length !== PAGE_SIZE) {
    throw new RestoreFault('BAD_RECORD', `a SHARED_INFO of ${saved.length} bytes, not ${PAGE_SIZE}`);
  }
  const { hypervisor, info } = target;
  const mapping = await hypervisor.mapForeign(info.domid, Float64Array.of(info.sharedInfoFrame), 'write');
  try {
    if (mapping.errors[0] !== 0) {
      throw new RestoreFault('MAP_FAILED', `shared_info can't be mapped (errno ${mapping.errors[0]})`, {
        mfn: info.sharedInfoFrame,
      });
    }
    mergeSharedInfo(mapping.page(0), saved, layout);
  } finally {
    await mapping.unmap();
  }
}

export function mergeSharedInfo(page: Uint8Array, saved: Uint8Array, { sharedInfo: at, width }: PvLayout): void {
  page.set(saved.subarray(0, SHARED_VCPUS * VCPU_INFO_SIZE), 0);
  for (let vcpu = 0; vcpu < SHARED_VCPUS; vcpu++) writeWord(page, vcpu * VCPU_INFO_SIZE + at.pendingSel, width, 0n);
  page.fill(0, at.evtchnPending, at.evtchnPending + at.evtchnBytes);
  page.fill(0xff, at.evtchnMask, at.evtchnMask + at.evtchnBytes);
  page.set(saved.subarray(at.arch, at.arch + at.archSize), at.arch);
  writeWord(page, at.frameListList, width, 0n);
}
