import type { LibxcRecord } from '@xen-migration/stream-format';
import { PAGE_SIZE } from '../hypervisor/frames.js';
import { HVM_PARAM } from '../x86/hvm-params.js';
import { markConsoleDisconnected } from './console-ring.js';
import { RestoreFault } from './errors.js';
import { seedGrantTable } from './grant-table.js';
import type { RestoreGuest, RestoreGuestType, RestoreTarget } from './guest-type.js';

/** HVM and PVH guests: pfns are what the hypervisor takes, and vcpus and platform come as one blob. */
export const hvmRestore: RestoreGuestType = {
  streamType: 'hvm',
  open: async (target) => hvmGuest(target),
};

/** Pages that the device model or a daemon goes on with from an empty state. */
const CLEARED_PARAMS: readonly number[] = [
  HVM_PARAM.STORE_PFN,
  HVM_PARAM.CONSOLE_PFN,
  HVM_PARAM.IOREQ_PFN,
  HVM_PARAM.BUFIOREQ_PFN,
];

const RECORD_TYPES: ReadonlySet<LibxcRecord['type']> = new Set(['HVM_CONTEXT', 'HVM_PARAMS']);

function hvmGuest({ hypervisor, info: { domid }, store, console }: RestoreTarget): RestoreGuest {
  let context: Uint8Array | undefined;
  let storeGfn: number | undefined;
  let consoleGfn: number | undefined;

  /** A page that can't be cleared is no failure: the param's user will say what is wrong with it. */
  const clearPage = async (frame: bigint, isConsole: boolean): Promise<void> => {
    const mapping = await hypervisor.mapForeign(domid, Float64Array.of(Number(frame)), 'write');
    try {
      if (mapping.errors[0] !== 0) return;
      const page = mapping.page(0);
      page.fill(0);
      if (isConsole) markConsoleDisconnected(page);
    } finally {
      await mapping.unmap();
    }
  };

  const takeParam = async (index: number, value: bigint): Promise<void> => {
    // Obsolete, and refused by the hypervisor; old streams have it.
    if (index === HVM_PARAM.PAE_ENABLED) return;
    if (CLEARED_PARAMS.includes(index)) {
      if (value >= MAX_GFN)
        throw new RestoreFault('BAD_RECORD', `HVM param ${index} names frame 0x${value.toString(16)}`);
      await clearPage(value, index === HVM_PARAM.CONSOLE_PFN);
    }
    if (index === HVM_PARAM.STORE_PFN) storeGfn = Number(value);
    if (index === HVM_PARAM.CONSOLE_PFN) consoleGfn = Number(value);
    await hypervisor.setHvmParam(domid, index, value);
  };

  return {
    checkPfns(pfns) {
      // A guest's hole below 4 GiB has pfns by the hundred thousand.
      for (let i = 0; i < pfns.length; i++) {
        const pfn = pfns[i]!;
        if (pfn < MOST_GFNS) continue;
        throw new RestoreFault('BAD_PFN', `pfn 0x${pfn.toString(16)} is no x86 address`, { pfn });
      }
    },
    gfnOf: (pfn) => pfn,
    setFrames: () => undefined,
    setPageTypes: () => undefined,
    needsLocalising: () => false,
    collectUnseen: () => undefined,
    localisePage: () => undefined,
    recordTypes: RECORD_TYPES,
    async takeRecord(record) {
      switch (record.type) {
        case 'HVM_CONTEXT':
          if (record.data.length === 0) throw new RestoreFault('BAD_RECORD', 'an HVM context without content');
          context = Uint8Array.from(record.data);
          return;
        case 'HVM_PARAMS':
          for (const { index, value } of record.params) await takeParam(Number(index), value);
          return;
        default:
      }
    },
    async complete() {
      if (context === undefined) throw new RestoreFault('ORDER', 'the stream has no HVM_CONTEXT');
      await hypervisor.setHvmParam(domid, HVM_PARAM.STORE_EVTCHN, BigInt(store.port));
      await hypervisor.setHvmParam(domid, HVM_PARAM.CONSOLE_EVTCHN, BigInt(console.port));
      await hypervisor.setHvmContext(domid, context);
      await seedGrantTable(hypervisor, domid, [
        { entry: 'console', gfn: consoleGfn, backend: console.domid },
        { entry: 'xenstore', gfn: storeGfn, backend: store.domid },
      ]);
      return { storeGfn, consoleGfn, warnings: [] };
    },
    earlyPins: undefined,
    close: async () => undefined,
  };
}

/** Guest-physical addresses have at most 52 bits. */
const MAX_GFN = 1n << BigInt(52 - Math.log2(PAGE_SIZE));
const MOST_GFNS = Number(MAX_GFN);
