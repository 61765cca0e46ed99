import { type LibxcHeaders, type LibxcRecord, readSnapshot } from '@xen-migration/stream-format';
import { isHypervisorError } from '../hypervisor/errors.js';
import type { CpuPolicy } from '../hypervisor/hypervisor.js';
import { compareCpuPolicies, levelledCpuPolicy, missingFeatures } from '../x86/cpu-policy.js';
import { RestoreFault } from './errors.js';
import type { RestoreGuest } from './guest-type.js';
import type { RestoreOptions } from './options.js';
import { isOptional, unexpectedRecord } from './records.js';

/** What the reading of the static data works with. */
export interface StaticDataContext {
  readonly options: RestoreOptions;
  readonly headers: LibxcHeaders;
  readonly guest: RestoreGuest;
  /** Gets what the guest's owner should know. */
  readonly warnings: string[];
  next(): Promise<LibxcRecord>;
}

/**
 * Reads what comes before the guest's contents, and has the hypervisor and the toolstack accept it.
 *
 * @returns the first record that is not static data; it has not been acted upon
 */
export async function readStaticData(context: StaticDataContext): Promise<LibxcRecord> {
  const { guest, headers } = context;
  let leaves: Uint8Array | undefined;
  let msrs: Uint8Array | undefined;
  for (;;) {
    const record = await context.next();
    refuseDelta(record);
    switch (record.type) {
      case 'X86_CPUID_POLICY':
        leaves = Uint8Array.from(record.data);
        break;
      case 'X86_MSR_POLICY':
        msrs = Uint8Array.from(record.data);
        break;
      case 'X86_PV_INFO':
        if (!guest.recordTypes.has(record.type)) throw unexpectedRecord(record);
        await guest.takeRecord(record);
        break;
      case 'STATIC_DATA_END':
        if (headers.version === 2) throw unexpectedRecord(record);
        await apply(context, leaves, msrs);
        return context.next();
      default:
        if (isOptional(record)) break;
        if (headers.version === 3) throw new RestoreFault('ORDER', `${record.type} before STATIC_DATA_END`);
        // Version 2 does not say where the static data ends.
        await apply(context, leaves, msrs);
        return record;
    }
  }
}

/** Alone, it would make a guest of which most pages are missing. */
function refuseDelta(record: LibxcRecord): void {
  const parent = readSnapshot(record)?.parent;
  if (parent === undefined) return;
  throw new RestoreFault(
    'DELTA',
    `the stream is a delta of the save ${parent}; merge it with the files before it first`,
  );
}

async function apply(
  context: StaticDataContext,
  leaves: Uint8Array | undefined,
  msrs: Uint8Array | undefined,
): Promise<void> {
  const none = new Uint8Array(0);
  if (leaves !== undefined || msrs !== undefined) {
    await applyCpuPolicy(context, { leaves: leaves ?? none, msrs: msrs ?? none });
  }
  try {
    await context.options.callbacks?.staticDataDone?.({ cpuid: leaves === undefined, msr: msrs === undefined });
  } catch (e) {
    const text = `the static data was not accepted: ${e instanceof Error ? e.message : String(e)}`;
    throw new RestoreFault('STATIC_DATA', text, { cause: e });
  }
}

/** The guest must find the CPU that it had: a feature that it uses and that is gone crashes it later. */
async function applyCpuPolicy({ options, headers, warnings }: StaticDataContext, policy: CpuPolicy): Promise<void> {
  const { hypervisor, domid, missingCpuFeatures } = options;
  const offered = await hypervisor.hostCpuPolicy(headers.guestType);
  const missing = missingFeatures(compareCpuPolicies(policy, offered));
  if (missing.length > 0 && missingCpuFeatures !== 'force') {
    throw new RestoreFault('CPU_FEATURES', `this host's CPU lacks what the guest's had: ${missing.join('; ')}`);
  }
  warnings.push(...missing.map((text) => `the guest lost features of its CPU, ${text}`));
  try {
    await hypervisor.setCpuPolicy(domid, missing.length > 0 ? levelledCpuPolicy(policy, offered) : policy);
  } catch (e) {
    if (!isHypervisorError(e)) throw e;
    const text = `this host can't give the guest the CPU that it had: ${e.message}`;
    throw new RestoreFault('CPU_POLICY', text, { cause: e });
  }
}
