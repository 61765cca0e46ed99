import { foldCr3 } from '../../x86/cr3.js';
import { pvLayout } from '../../x86/layout.js';
import { readWord, writeWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { HostState } from '../host-state.js';
import { rebuildP2mTree } from './p2m-tree.js';
import { ringFields } from './start-info.js';
import { translates } from './walk.js';

/**
 * A held guest: its code can't be executed here, so nobody in it does what its kernel would do around suspend. The host
 * does that, on the guest's own memory, and nothing else: then the guest can be saved again. HVM guests need nothing.
 *
 * What a PV kernel does when the suspend hypercall returns: 1 says that it goes on where it was, so start_info's rings
 * become mfns again; 0 says that it is in a new domain, where it tells the toolstack anew where its p2m is (restore
 * leaves the old host's frame there; see "Linear p2m" in the notes on the libxc algorithms).
 */
export function resumeHeld(state: HostState, domain: Domain): void {
  if (domain.hvm || domain.held.state === 'running') return;
  const cancelled = domain.held.state === 'suspended' && answer(domain) === 1n;
  domain.held.state = 'running';
  if (cancelled) restoreRings(state, domain);
  else registerP2m(state, domain);
}

/** What the suspend hypercall answered. */
function answer(domain: Domain): bigint {
  return readWord(domain.vcpus[0]!.context, pvLayout(domain.width).vcpuContext.ax, domain.width);
}

function restoreRings(state: HostState, domain: Domain): void {
  const fields = ringFields(state, domain);
  if (fields === undefined) return;
  for (const { page, offset, frame } of fields.rings) {
    const mfn = mfnOfPfn(state, domain, frame);
    if (mfn !== undefined) writeWord(page, offset, domain.width, BigInt(mfn));
  }
  state.markDirty(domain, fields.mfn);
}

/** Kernels name the page tables that they run on: those map the p2m in every process. */
function registerP2m(state: HostState, domain: Domain): void {
  const { width } = domain;
  const { sharedInfo: at } = pvLayout(width);
  const page = state.machine.memory.frame(domain.sharedInfoMfn);
  const virtual = readWord(page, at.p2mVaddr, width);
  const root = domain.vcpus[0]?.roots?.kernel;
  if (root === undefined) return;
  if (virtual === 0n) {
    if (domain.held.tree !== undefined) rebuildP2mTree(state, domain, domain.held.tree);
    else state.log.add(`d${domain.domid}: it keeps its p2m as a tree that was not found; it can't be saved`);
    return;
  }
  if (!translates(state, domain, root, virtual)) {
    state.log.add(`d${domain.domid}: its p2m at 0x${virtual.toString(16)} is not mapped; it can't be saved`);
    return;
  }
  writeWord(page, at.p2mCr3, width, foldCr3(root, width));
  writeWord(page, at.p2mGeneration, width, 0n);
}

function mfnOfPfn(state: HostState, domain: Domain, pfn: number): number | undefined {
  let found: number | undefined;
  state.machine.frames.forEachOwned(domain.domid, (mfn) => {
    if (found === undefined && state.machine.m2p.pfnOf(mfn) === pfn) found = mfn;
  });
  return found;
}
