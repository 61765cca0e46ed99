import type { Snapshot } from '../chain/snapshot.js';
import { type CpuidSummary, decodeCpuidPolicy, summariseCpuid } from '../decode/cpuid-policy.js';
import { DecodeError } from '../decode/decode-error.js';
import { decodeDomainConfig } from '../decode/domain-config.js';
import { decodeEmulatorXenstore, type EmulatorXenstoreEntry } from '../decode/emulator-xenstore.js';
import { decodeHvmContext, type HvmSaveRecord } from '../decode/hvm-context.js';
import { type NamedHvmParam, nameHvmParams } from '../decode/hvm-params.js';
import { decodeMsrs, type Msr } from '../decode/msrs.js';
import { TSC_MODES } from '../decode/tsc-mode.js';
import { cr3ToFrame, decodeVcpuContext, VGCF } from '../decode/vcpu-context.js';
import type { LibxcHeaders } from '../libxc/records.js';
import { EMULATOR_IDS } from '../libxl/layouts.js';
import type { Framing } from '../stream/framing.js';
import type { GuestState, TscInfo } from './guest-state.js';

/** What a stream says of a guest besides its memory. */
export interface StateReport {
  readonly framing: Framing;
  /** Converted from the format of Xen 4.5 and older. */
  readonly converted: boolean;
  readonly libxc: LibxcHeaders | undefined;
  /** Bits of a word of a PV guest. */
  readonly guestBits: 32 | 64 | undefined;
  readonly config: ConfigReport | undefined;
  readonly vcpus: VcpuReport[];
  readonly cpu: CpuidSummary | undefined;
  readonly msrPolicy: Msr[];
  readonly tsc: (TscInfo & { readonly modeName: string | undefined }) | undefined;
  readonly hvmContext: { readonly type: string; readonly records: number }[];
  readonly hvmParams: NamedHvmParam[];
  readonly emulators: EmulatorReport[];
  readonly checkpoints: number;
  /** Of an incremental save, or a base of such. */
  readonly snapshot: Snapshot | undefined;
  /** Parts whose contents are not what their type says. */
  readonly undecodable: string[];
}

/** Memory in KiB. */
export interface ConfigReport {
  readonly name: string | undefined;
  readonly uuid: string | undefined;
  readonly type: string | undefined;
  readonly maxVcpus: number | undefined;
  readonly maxMemoryKib: number | undefined;
  readonly targetMemoryKib: number | undefined;
}

export interface VcpuReport {
  readonly vcpu: number;
  /** False for a vcpu that the stream says is not up. */
  readonly online: boolean;
  readonly rip: bigint;
  readonly rsp: bigint;
  readonly rflags: bigint;
  /** HVM: the register. */
  readonly cr3: bigint | undefined;
  /** PV: pfn of the top page table. */
  readonly cr3Pfn: number | undefined;
}

export interface EmulatorReport {
  readonly id: number;
  readonly name: string | undefined;
  readonly index: number;
  readonly contextBytes: number;
  readonly xenstore: EmulatorXenstoreEntry[];
}

export function stateReport(state: GuestState): StateReport {
  const undecodable: string[] = [];
  const attempt = <T>(decode: () => T, otherwise: T): T => {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      undecodable.push(error.message);
      return otherwise;
    }
  };
  const { framing, libxl, libxc, pvInfo, xl, tsc, cpuidPolicy, msrPolicy, hvmContext, checkpoints } = state;
  const context = attempt(() => (hvmContext === undefined ? [] : decodeHvmContext(hvmContext)), []);
  return {
    framing,
    converted: libxl?.legacy ?? false,
    libxc,
    guestBits: pvInfo === undefined ? undefined : pvInfo.guestWidth === 8 ? 64 : 32,
    config: attempt(() => (xl?.config === undefined ? undefined : configReport(xl.config)), undefined),
    vcpus: [...attempt(() => pvVcpus(state), []), ...hvmVcpus(context)],
    cpu: attempt(
      () => (cpuidPolicy === undefined ? undefined : summariseCpuid(decodeCpuidPolicy(cpuidPolicy))),
      undefined,
    ),
    msrPolicy: attempt(() => (msrPolicy === undefined ? [] : decodeMsrs(msrPolicy)), []),
    tsc: tsc && { ...tscOnly(tsc), modeName: TSC_MODES[tsc.mode] },
    hvmContext: contextTypes(context),
    hvmParams: nameHvmParams(state.hvmParams ?? []),
    emulators: [...state.emulators.values()].map(({ id, index, context: data, xenstore }) => ({
      id,
      name: EMULATOR_IDS[id],
      index,
      contextBytes: data?.length ?? 0,
      xenstore: attempt(() => (xenstore === undefined ? [] : decodeEmulatorXenstore(xenstore)), []),
    })),
    checkpoints,
    snapshot: state.snapshot,
    undecodable,
  };
}

function configReport(text: string): ConfigReport {
  const { name, uuid, type, maxVcpus, maxMemoryKib, targetMemoryKib } = decodeDomainConfig(text);
  return { name, uuid, type, maxVcpus, maxMemoryKib, targetMemoryKib };
}

/** A record that was read also has its place in the stream, which is no part of the TSC. */
function tscOnly({ mode, khz, nsec, incarnation }: TscInfo): TscInfo {
  return { mode, khz, nsec, incarnation };
}

function pvVcpus({ vcpus, pvInfo }: GuestState): VcpuReport[] {
  const width = pvInfo?.guestWidth ?? 8;
  return [...vcpus].flatMap(([vcpu, records]) => {
    const basic = records.get('X86_PV_VCPU_BASIC');
    if (basic === undefined) return [];
    const context = decodeVcpuContext(basic, width);
    const { user_regs: regs } = context;
    const [rip, rsp, rflags] = 'rip' in regs ? [regs.rip, regs.rsp, regs.rflags] : [regs.eip, regs.esp, regs.eflags];
    return {
      vcpu,
      online: (Number(context.flags) & VGCF.online) !== 0,
      rip: BigInt(rip),
      rsp: BigInt(rsp),
      rflags: BigInt(rflags),
      cr3: undefined,
      cr3Pfn: cr3ToFrame(context.ctrlreg[3] ?? 0, width),
    };
  });
}

function hvmVcpus(context: readonly HvmSaveRecord[]): VcpuReport[] {
  return context.flatMap((record) => {
    if (record.type !== 'CPU') return [];
    const { rip, rsp, rflags, cr3 } = record.body;
    // Xen saves nothing of an HVM vcpu that is down (hvm_save_cpu_ctxt).
    return { vcpu: record.instance, online: true, rip, rsp, rflags, cr3, cr3Pfn: undefined };
  });
}

function contextTypes(context: readonly HvmSaveRecord[]): { type: string; records: number }[] {
  const counts = new Map<string, number>();
  for (const record of context) {
    const type = record.type === 'UNKNOWN' ? `type ${record.typecode}` : record.type;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return [...counts].map(([type, records]) => ({ type, records }));
}
