import { isHypervisorError } from '../hypervisor/errors.js';
import { HVM_PARAM } from '../x86/hvm-params.js';
import { SaveFault } from './errors.js';
import type { SaveGuest, SaveGuestType, SaveTarget } from './guest-type.js';
import { cpuPolicyRecords, tscRecord, type WritableRecord } from './records.js';

/**
 * HVM and PVH guests: pfns are what the hypervisor takes, pages go as they are, and the state of vcpus and platform is
 * one blob of the hypervisor's.
 */
export const hvmSave: SaveGuestType = {
  streamType: 'hvm',
  async open(target) {
    const { hypervisor, info, callbacks } = target;
    await checkPopulateOnDemand(target);
    const pfnCount = (await hypervisor.maximumGpfn(info.domid)) + 1;
    try {
      await callbacks.switchQemuLogdirty(true);
    } catch (e) {
      const why = e instanceof Error ? e.message : String(e);
      throw new SaveFault('QEMU_LOG_DIRTY', `the device model does not report its writes: ${why}`, { cause: e });
    }
    return hvmGuest(target, pfnCount);
  },
};

/**
 * To ask for a page's type gives a frame to an entry that is populated on demand. A guest whose balloon driver has not
 * given back its share is promised more than there is: Xen crashes it in the middle of its save ("HVM with PoD pages" among
 * the known issues of docs/features/migration.pandoc).
 */
async function checkPopulateOnDemand({ hypervisor, info: { domid } }: SaveTarget): Promise<void> {
  try {
    const { entries, cachePages } = await hypervisor.podTarget(domid);
    if (entries <= cachePages) return;
    throw new SaveFault(
      'POPULATE_ON_DEMAND',
      `the guest has ${entries} pages to be populated on demand, and ${cachePages} frames for them: copying it would ` +
        'crash it; its balloon driver must give memory back first',
    );
  } catch (e) {
    if (!isHypervisorError(e, 'ENOSYS', 'EOPNOTSUPP')) throw e;
  }
}

function hvmGuest({ hypervisor, info: { domid }, callbacks }: SaveTarget, pfnCount: number): SaveGuest {
  return {
    pfnCount,
    gfnsOf: (pfns) => pfns,
    needsNormalising: () => false,
    normalisePage: () => undefined,
    staticRecords: () => cpuPolicyRecords(hypervisor, domid),
    startRecords: async () => [],
    async finalRecords() {
      const [tsc, data, params] = await Promise.all([
        tscRecord(hypervisor, domid),
        hypervisor.hvmContext(domid),
        readParams({ hypervisor, domid }),
      ]);
      const records: WritableRecord[] = [tsc, { type: 'HVM_CONTEXT', data }];
      if (params.length > 0) records.push({ type: 'HVM_PARAMS', params });
      return records;
    },
    checkUnchanged: () => undefined,
    close: async (keepTracking) => {
      if (!keepTracking) await callbacks.switchQemuLogdirty(false);
    },
  };
}

/**
 * The params that travel, in the stream's order; one that is 0 is left out. What is not here the receiver knows better
 * (event channels) or sets from the domain's configuration, or the guest registers anew (its callback).
 */
const SAVED_PARAMS = [
  HVM_PARAM.STORE_PFN,
  HVM_PARAM.IOREQ_PFN,
  HVM_PARAM.BUFIOREQ_PFN,
  HVM_PARAM.PAGING_RING_PFN,
  HVM_PARAM.MONITOR_RING_PFN,
  HVM_PARAM.SHARING_RING_PFN,
  HVM_PARAM.VM86_TSS_SIZED,
  HVM_PARAM.CONSOLE_PFN,
  HVM_PARAM.ACPI_IOPORTS_LOCATION,
  HVM_PARAM.VIRIDIAN,
  HVM_PARAM.IDENT_PT,
  HVM_PARAM.VM_GENERATION_ID_ADDR,
  HVM_PARAM.IOREQ_SERVER_PFN,
  HVM_PARAM.NR_IOREQ_SERVER_PAGES,
  HVM_PARAM.X87_FIP_WIDTH,
  HVM_PARAM.MCA_CAP,
] as const;

async function readParams({ hypervisor, domid }: { hypervisor: SaveTarget['hypervisor']; domid: number }) {
  const values = await Promise.all(SAVED_PARAMS.map((index) => hypervisor.hvmParam(domid, index)));
  return SAVED_PARAMS.map((index, i) => ({ index, value: values[i]! })).filter(({ value }) => value !== 0n);
}
