import type { GuestWidth } from '../layout.js';
import { MachineToPhys } from '../m2p.js';
import { P2m, type PvAddressSpace } from '../p2m.js';

/**
 * A guest whose pfn n lies in frame mfns[n] of a machine with `span` frames. Frames that are not the guest's have
 * another domain's M2P entries: small numbers, as they are in real life.
 */
export function addressSpace(width: GuestWidth, mfns: readonly number[], span: number): PvAddressSpace {
  const m2p = new Uint32Array(span * 2);
  for (let mfn = 0; mfn < span; mfn++) m2p[mfn * 2] = (mfn * 7) % mfns.length;
  const p2m = new P2m(width, [], mfns.length - 1);
  for (const [pfn, mfn] of mfns.entries()) {
    p2m.set(pfn, mfn);
    m2p[mfn * 2] = pfn;
  }
  return { m2p: MachineToPhys.of(m2p), p2m };
}

/** A permutation: pfn n of `pages` in a machine of `span` frames (a power of two), none of them frame 0. */
export function scrambled(pages: number, span: number, step: number): number[] {
  return Array.from({ length: pages }, (_, pfn) => ((pfn + 1) * step) % span);
}
