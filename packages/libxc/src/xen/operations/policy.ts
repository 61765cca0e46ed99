import type { CpuPolicy, Hypervisor } from '../../hypervisor/hypervisor.js';
import { POLICY, SYSCTL_POLICY, TSC_INFO } from '../abi/layout.js';
import { CPU_POLICY, DOMCTL, SYSCTL } from '../abi/numbers.js';
import type { Hypercalls } from '../native/hypercalls.js';

type PolicyOperations = Pick<Hypervisor, 'tscInfo' | 'setTscInfo' | 'cpuPolicy' | 'hostCpuPolicy' | 'setCpuPolicy'>;

/** What an error's leaf or MSR says when the hypervisor does not name one. */
const UNNAMED = 0xffff_ffff;

const nothing = () => {};

interface PolicySize {
  readonly leaves: number;
  readonly msrs: number;
}

export function policyOperations(xen: Hypercalls): PolicyOperations {
  /** With null buffers the hypervisor says how much there may be. */
  const hostPolicy = (operation: string, index: number, size: PolicySize, leaves: bigint, msrs: bigint) =>
    xen.sysctl(
      { operation },
      SYSCTL.getCpuPolicy,
      (union) => {
        union.setUint32(SYSCTL_POLICY.index, index, true);
        union.setUint32(SYSCTL_POLICY.leafCount, size.leaves, true);
        union.setUint32(SYSCTL_POLICY.msrCount, size.msrs, true);
        union.setBigUint64(SYSCTL_POLICY.leaves, leaves, true);
        union.setBigUint64(SYSCTL_POLICY.msrs, msrs, true);
      },
      (union): PolicySize => ({
        leaves: union.getUint32(SYSCTL_POLICY.leafCount, true),
        msrs: union.getUint32(SYSCTL_POLICY.msrCount, true),
      }),
    );
  const largest = (operation: string) => hostPolicy(operation, CPU_POLICY.pv, { leaves: 0, msrs: 0 }, 0n, 0n);

  /** Asks with buffers for the most that there may be. */
  const collect = async (
    operation: string,
    ask: (size: PolicySize, leaves: bigint, msrs: bigint) => Promise<PolicySize>,
  ): Promise<CpuPolicy> => {
    const most = await largest(operation);
    const msrsAt = most.leaves * POLICY.leafSize;
    return xen.buffers.with(msrsAt + most.msrs * POLICY.msrSize, async ({ address, bytes }) => {
      const got = await ask(most, address, address + BigInt(msrsAt));
      return {
        leaves: bytes.slice(0, got.leaves * POLICY.leafSize),
        msrs: bytes.slice(msrsAt, msrsAt + got.msrs * POLICY.msrSize),
      };
    });
  };

  return {
    tscInfo: (domid) =>
      xen.domctl({ operation: 'tscInfo', domid }, DOMCTL.gettscinfo, nothing, (union) => ({
        mode: union.getUint32(TSC_INFO.mode, true),
        khz: union.getUint32(TSC_INFO.khz, true),
        nsec: union.getBigUint64(TSC_INFO.nsec, true),
        incarnation: union.getUint32(TSC_INFO.incarnation, true),
      })),
    setTscInfo: (domid, tsc) =>
      xen.domctl(
        { operation: 'setTscInfo', domid },
        DOMCTL.settscinfo,
        (union) => {
          union.setUint32(TSC_INFO.mode, tsc.mode, true);
          union.setUint32(TSC_INFO.khz, tsc.khz, true);
          union.setUint32(TSC_INFO.incarnation, tsc.incarnation, true);
          union.setBigUint64(TSC_INFO.nsec, tsc.nsec, true);
        },
        nothing,
      ),

    cpuPolicy: (domid) =>
      collect('cpuPolicy', (size, leaves, msrs) =>
        xen.domctl(
          { operation: 'cpuPolicy', domid },
          DOMCTL.getCpuPolicy,
          (union) => fillPolicy(union, size, leaves, msrs),
          (union) => ({
            leaves: union.getUint32(POLICY.leafCount, true),
            msrs: union.getUint32(POLICY.msrCount, true),
          }),
        ),
      ),
    hostCpuPolicy: (kind) =>
      collect('hostCpuPolicy', (size, leaves, msrs) =>
        hostPolicy('hostCpuPolicy', CPU_POLICY[kind], size, leaves, msrs),
      ),

    setCpuPolicy: (domid, { leaves, msrs }) =>
      xen.buffers.with(leaves.length + msrs.length, async ({ address, bytes }) => {
        bytes.set(leaves);
        bytes.set(msrs, leaves.length);
        const size = { leaves: leaves.length / POLICY.leafSize, msrs: msrs.length / POLICY.msrSize };
        await xen.domctl(
          { operation: 'setCpuPolicy', domid },
          DOMCTL.setCpuPolicy,
          (union) => fillPolicy(union, size, address, address + BigInt(leaves.length)),
          nothing,
          explain,
        );
      }),
  };
}

function fillPolicy(union: DataView, size: PolicySize, leaves: bigint, msrs: bigint): void {
  union.setUint32(POLICY.leafCount, size.leaves, true);
  union.setUint32(POLICY.msrCount, size.msrs, true);
  union.setBigUint64(POLICY.leaves, leaves, true);
  union.setBigUint64(POLICY.msrs, msrs, true);
}

/** The hypervisor names what it objects to, in some cases. */
function explain(union: DataView): string {
  const leaf = union.getUint32(POLICY.errorLeaf, true);
  const subleaf = union.getUint32(POLICY.errorSubleaf, true);
  const msr = union.getUint32(POLICY.errorMsr, true);
  if (leaf !== UNNAMED && (leaf !== 0 || subleaf !== 0)) {
    return `the host refuses CPUID leaf 0x${leaf.toString(16)}.${subleaf === UNNAMED ? 0 : subleaf}`;
  }
  if (msr !== UNNAMED && msr !== 0) return `the host refuses MSR 0x${msr.toString(16)}`;
  return 'the host refuses the CPU policy';
}
