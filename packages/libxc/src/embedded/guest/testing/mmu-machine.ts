import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import type { Machine } from '../../memory/machine.js';
import { PageTypes } from '../../mmu/page-types.js';
import type { Hypercalls } from '../hypercalls.js';
import { BareMachine } from './bare-machine.js';

const OWNER = { domid: 1, width: 8 } as const;

/** A bare machine whose frames and page types are the embedded host's own: page tables are validated. */
export function mmuMachine(machine: Machine, vcpus: number): BareMachine {
  const types = new PageTypes(machine, () => undefined);

  class MmuMachine extends BareMachine {
    override frame(mfn: number): Uint8Array {
      return machine.memory.frame(mfn);
    }

    protected override takeFrame(): number {
      const mfn = machine.allocate(OWNER.domid, 0);
      if (mfn === undefined) throw new Error('out of frames');
      return mfn;
    }

    protected override hypercalls(vcpu: number): Hypercalls {
      return {
        ...super.hypercalls(vcpu),
        mmuUpdate: (address, { mfn, flags }) =>
          machine.freeing((freed) => {
            const entry = (address % PAGE_SIZE) / 8;
            const low = ((mfn << 12) | flags) >>> 0;
            types.update(Math.floor(address / PAGE_SIZE), entry, low, Math.floor(mfn / 2 ** 20), OWNER, freed);
            this.dirty.add(this.pfnOfFrame.get(Math.floor(address / PAGE_SIZE)) ?? -1);
          }),
        pin: (level, mfn) => machine.freeing((freed) => types.pin(mfn, OWNER, level, freed)),
        unpin: (mfn) => machine.freeing((freed) => types.unpin(mfn, OWNER, freed)),
      };
    }
  }

  return new MmuMachine('pv', vcpus, 1, 1);
}
