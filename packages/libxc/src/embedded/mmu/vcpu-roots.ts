import { unfoldCr3 } from '../../x86/cr3.js';
import { GDT_ENTRIES_PER_FRAME, MAX_GDT_ENTRIES, pvLayout } from '../../x86/layout.js';
import { readFrame, readWord } from '../../x86/words.js';
import type { Domain } from '../domains/domain.js';
import type { Vcpu, VcpuRoots } from '../domains/vcpu.js';
import type { HostState } from '../host-state.js';
import { FRAME_TYPE } from '../memory/frame-table.js';
import type { FreedFrames } from '../memory/machine.js';
import { TableError } from './table-error.js';

/** The frames that a PV context's registers name. @throws TableError */
export function rootsOf(domain: Domain, context: Uint8Array): VcpuRoots {
  const { width } = domain;
  const { vcpuContext: at } = pvLayout(width);
  const entries = Number(readWord(context, at.gdtEntries, width));
  if (entries > MAX_GDT_ENTRIES) throw new TableError(0, undefined, `a GDT of ${entries} entries`);
  const gdt = Array.from({ length: Math.ceil(entries / GDT_ENTRIES_PER_FRAME) }, (_, i) =>
    readFrame(context, at.gdtFrames + i * width, width),
  );
  const kernel = unfoldCr3(readWord(context, at.cr3, width), width);
  const user = width === 8 ? Number(readWord(context, at.cr1, width) >> 12n) : 0;
  return { kernel, user, gdt };
}

export function sameRoots(a: VcpuRoots, b: VcpuRoots): boolean {
  return (
    a.kernel === b.kernel &&
    a.user === b.user &&
    a.gdt.length === b.gdt.length &&
    a.gdt.every((mfn, i) => mfn === b.gdt[i])
  );
}

/** Takes references on all that a context names, validating the page tables. @throws TableError; nothing is held then */
export function takeRoots(state: HostState, domain: Domain, vcpu: Vcpu, context: Uint8Array): void {
  const roots = rootsOf(domain, context);
  state.machine.freeing((freed) => {
    const taken: number[] = [];
    const take = (mfn: number, type: number) => {
      state.types.getTyped(mfn, domain, type, freed);
      taken.push(mfn);
    };
    try {
      const rootLevel = domain.width === 8 ? FRAME_TYPE.l4 : FRAME_TYPE.l3;
      for (const mfn of roots.gdt) take(mfn, FRAME_TYPE.segment);
      take(roots.kernel, rootLevel);
      if (roots.user !== 0) take(roots.user, rootLevel);
    } catch (e) {
      for (const mfn of taken) state.types.putTyped(mfn, domain, freed);
      throw e;
    }
  });
  vcpu.roots = roots;
}

export function dropRoots(state: HostState, domain: Domain, vcpu: Vcpu, freed: FreedFrames): void {
  const { roots } = vcpu;
  if (roots === undefined) return;
  vcpu.roots = undefined;
  for (const mfn of [...roots.gdt, roots.kernel]) state.types.putTyped(mfn, domain, freed);
  if (roots.user !== 0) state.types.putTyped(roots.user, domain, freed);
}
