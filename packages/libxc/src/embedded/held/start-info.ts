import { pvLayout } from '../../x86/layout.js';
import { readFrame } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';

/** A word of start_info that names the frame of a ring. */
export interface RingField {
  readonly page: Uint8Array;
  readonly offset: number;
  readonly frame: number;
}

/**
 * The words of start_info that name the rings of xenstore and console. start_info is where vcpu 0's (e/r)dx says: restore
 * put its mfn there, as the suspend hypercall's argument.
 *
 * @returns undefined when that is no frame of the domain
 */
export function ringFields(
  state: HostState,
  domain: Domain,
): { readonly mfn: number; readonly rings: readonly RingField[] } | undefined {
  const { vcpuContext, startInfo } = pvLayout(domain.width);
  const mfn = readFrame(domain.vcpus[0]!.context, vcpuContext.dx, domain.width);
  if (state.machine.frames.ownerOf(mfn) !== domain.domid) return undefined;
  const page = state.machine.memory.frame(mfn);
  const rings = [startInfo.storeFrame, startInfo.consoleFrame].map((offset) => ({
    page,
    offset,
    frame: readFrame(page, offset, domain.width),
  }));
  return { mfn, rings };
}
