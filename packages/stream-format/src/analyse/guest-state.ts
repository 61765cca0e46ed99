import { readSnapshot, type Snapshot } from '../chain/snapshot.js';
import { StreamError, type StreamPlace } from '../errors/stream-error.js';
import { LIBXC_LAYOUT, LIBXC_RECORD } from '../libxc/record-types.js';
import type { HvmParam, LibxcHeaders, LibxcRecord } from '../libxc/records.js';
import { LIBXL_LAYOUT, LIBXL_RECORD } from '../libxl/record-types.js';
import type { LibxlHeaders, LibxlRecord } from '../libxl/records.js';
import type { StreamEvent } from '../stream/events.js';
import type { Framing } from '../stream/framing.js';
import type { XlHeader } from '../xl/save-header.js';

/** State besides pages that is kept of one stream: far beyond any guest's, within any machine's memory. */
const KEPT_MAX = 256 * 1024 * 1024;
/** What each record that is kept costs besides its bytes, so that very many empty ones count too. */
const ENTRY_COST = 256;

export type VcpuRecordName = 'X86_PV_VCPU_BASIC' | 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_XSAVE' | 'X86_PV_VCPU_MSRS';

export interface TscInfo {
  readonly mode: number;
  readonly khz: number;
  readonly nsec: bigint;
  readonly incarnation: number;
}

export interface EmulatorState {
  readonly id: number;
  readonly index: number;
  xenstore?: Uint8Array;
  context?: Uint8Array;
}

/** What a stream says of a guest besides its pages: of each record the newest content. */
export class GuestState {
  xl: XlHeader | undefined;
  libxl: LibxlHeaders | undefined;
  libxc: LibxcHeaders | undefined;
  pvInfo: { guestWidth: 4 | 8; ptLevels: 3 | 4 } | undefined;
  p2mFrames: { startPfn: number; endPfn: number; frames: Float64Array } | undefined;
  sharedInfo: Uint8Array | undefined;
  tsc: TscInfo | undefined;
  cpuidPolicy: Uint8Array | undefined;
  msrPolicy: Uint8Array | undefined;
  hvmContext: Uint8Array | undefined;
  /** Bodies of each vcpu's records of a PV guest. */
  readonly vcpus = new Map<number, Map<VcpuRecordName, Uint8Array>>();
  readonly emulators = new Map<string, EmulatorState>();
  checkpoints = 0;

  /** What an incremental save, or a base of such, says of itself. */
  snapshot: Snapshot | undefined;

  private readonly params = new Map<bigint, HvmParam>();
  private kept = 0;
  private afterCheckpoint = false;
  private at: StreamPlace & { readonly offset: number } = { layer: 'wire', spec: '', offset: 0 };

  get framing(): Framing {
    if (this.xl !== undefined) return 'xl';
    return this.libxl === undefined ? 'libxc' : 'libxl';
  }

  /** Of all records together: they may come in parts. */
  get hvmParams(): readonly HvmParam[] | undefined {
    return this.params.size === 0 ? undefined : [...this.params.values()];
  }

  /** @throws StreamError BAD_LENGTH for a stream whose state would take memory beyond all measure */
  take(event: StreamEvent): void {
    switch (event.kind) {
      case 'xl-header':
        this.xl = event.header;
        break;
      case 'libxl-header':
        this.libxl = event.header;
        break;
      case 'libxc-header':
        this.libxc = event.header;
        break;
      case 'libxl-record':
        this.takeLibxl(event.record);
        break;
      case 'libxc-record':
        this.takeLibxc(event.record);
        break;
      case 'trailing':
        break;
    }
  }

  private takeLibxl(record: LibxlRecord): void {
    if (record.type !== 'EMULATOR_XENSTORE_DATA' && record.type !== 'EMULATOR_CONTEXT') return;
    const { type: name, offset, recordIndex: index, emulatorId } = record;
    const { spec } = LIBXL_LAYOUT[name];
    this.at = { layer: 'libxl', spec, offset, record: { index, type: LIBXL_RECORD[name], name } };
    const key = `${emulatorId}.${record.index}`;
    const emulator = this.emulators.get(key) ?? { id: emulatorId, index: record.index };
    const part = name === 'EMULATOR_CONTEXT' ? 'context' : 'xenstore';
    emulator[part] = this.keep(record.data, emulator[part]);
    this.emulators.set(key, emulator);
  }

  private takeLibxc(record: LibxcRecord): void {
    if (record.type === 'PAGE_DATA') return;
    if (record.type === 'UNKNOWN') {
      this.snapshot ??= readSnapshot(record);
      return;
    }
    const { type: name, offset, index } = record;
    const { spec } = LIBXC_LAYOUT[name];
    this.at = { layer: 'libxc', spec, offset, record: { index, type: LIBXC_RECORD[name], name } };
    switch (record.type) {
      case 'X86_PV_INFO':
        this.pvInfo = record;
        break;
      case 'X86_PV_P2M_FRAMES':
        this.p2mFrames = record;
        break;
      case 'SHARED_INFO':
        this.sharedInfo = this.keep(record.data, this.sharedInfo);
        break;
      case 'X86_TSC_INFO':
        this.tsc = record;
        break;
      case 'X86_CPUID_POLICY':
        this.cpuidPolicy = this.keep(record.data, this.cpuidPolicy);
        break;
      case 'X86_MSR_POLICY':
        this.msrPolicy = this.keep(record.data, this.msrPolicy);
        break;
      case 'HVM_CONTEXT':
        this.hvmContext = this.keep(record.data, this.hvmContext);
        break;
      case 'HVM_PARAMS':
        this.takeHvmParams(record.params);
        break;
      case 'X86_PV_VCPU_BASIC':
      case 'X86_PV_VCPU_EXTENDED':
      case 'X86_PV_VCPU_XSAVE':
      case 'X86_PV_VCPU_MSRS':
        this.takeVcpu(record.vcpu, record.type, record.data);
        break;
      case 'CHECKPOINT':
        this.checkpoints++;
        this.afterCheckpoint = true;
        break;
      default:
        break;
    }
  }

  private takeHvmParams(params: readonly HvmParam[]): void {
    const before = this.params.size;
    for (const param of params) this.params.set(BigInt(param.index), param);
    this.account((this.params.size - before) * ENTRY_COST);
  }

  private takeVcpu(vcpu: number, name: VcpuRecordName, data: Uint8Array): void {
    if (this.afterCheckpoint) this.forgetVcpus();
    const records = this.vcpus.get(vcpu) ?? new Map<VcpuRecordName, Uint8Array>();
    records.set(name, this.keep(data, records.get(name)));
    this.vcpus.set(vcpu, records);
  }

  /** A vcpu that went offline since the last checkpoint has no records any more. */
  private forgetVcpus(): void {
    for (const records of this.vcpus.values()) {
      for (const data of records.values()) this.kept -= data.length + ENTRY_COST;
    }
    this.vcpus.clear();
    this.afterCheckpoint = false;
  }

  private keep(data: Uint8Array, before: Uint8Array | undefined): Uint8Array {
    this.account(data.length + ENTRY_COST - (before === undefined ? 0 : before.length + ENTRY_COST));
    return data.slice();
  }

  private account(more: number): void {
    this.kept += more;
    if (this.kept <= KEPT_MAX) return;
    const message = `the stream's state besides pages is beyond ${KEPT_MAX / 2 ** 20} MiB`;
    throw new StreamError(message, { ...this.at, code: 'BAD_LENGTH', rule: 'state-size' });
  }
}
