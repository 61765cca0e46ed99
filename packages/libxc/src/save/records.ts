import type { LibxcWriter } from '@xen-migration/stream-format';
import type { CpuPolicy, Hypervisor } from '../hypervisor/hypervisor.js';

export type WritableRecord = Parameters<LibxcWriter['record']>[0];

/** The domain's CPU policy as it stands, in full. A record without content is never written. */
export async function cpuPolicyRecords(hypervisor: Hypervisor, domid: number): Promise<WritableRecord[]> {
  const policy: CpuPolicy = await hypervisor.cpuPolicy(domid);
  const records: WritableRecord[] = [];
  if (policy.leaves.length > 0) records.push({ type: 'X86_CPUID_POLICY', data: policy.leaves });
  if (policy.msrs.length > 0) records.push({ type: 'X86_MSR_POLICY', data: policy.msrs });
  return records;
}

export async function tscRecord(hypervisor: Hypervisor, domid: number): Promise<WritableRecord> {
  return { type: 'X86_TSC_INFO', ...(await hypervisor.tscInfo(domid)) };
}
