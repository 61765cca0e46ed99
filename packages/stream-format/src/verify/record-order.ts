import { libxcSpec } from '../libxc/layouts.js';
import type { LibxcRecordName } from '../libxc/record-types.js';
import type { LibxcHeaders } from '../libxc/records.js';

type Report = (rule: string, message: string, spec: string) => void;

const STATIC: ReadonlySet<LibxcRecordName> = new Set(['X86_PV_INFO', 'X86_CPUID_POLICY', 'X86_MSR_POLICY']);
const ONLY_V3: ReadonlySet<LibxcRecordName> = new Set(['STATIC_DATA_END', 'X86_CPUID_POLICY', 'X86_MSR_POLICY']);
const ONLY_PV: ReadonlySet<LibxcRecordName> = new Set([
  'X86_PV_INFO',
  'X86_PV_P2M_FRAMES',
  'X86_PV_VCPU_BASIC',
  'X86_PV_VCPU_EXTENDED',
  'X86_PV_VCPU_XSAVE',
  'X86_PV_VCPU_MSRS',
  'SHARED_INFO',
]);
const ONLY_HVM: ReadonlySet<LibxcRecordName> = new Set(['HVM_CONTEXT', 'HVM_PARAMS']);
const VCPU: ReadonlySet<LibxcRecordName> = new Set([
  'X86_PV_VCPU_BASIC',
  'X86_PV_VCPU_EXTENDED',
  'X86_PV_VCPU_XSAVE',
  'X86_PV_VCPU_MSRS',
]);
/** May stand once in the whole stream. */
const ONCE: ReadonlySet<LibxcRecordName> = new Set([
  'X86_PV_INFO',
  'X86_CPUID_POLICY',
  'X86_MSR_POLICY',
  'STATIC_DATA_END',
]);
/** May stand once between two checkpoints. HVM_PARAMS may come in parts: converted legacy streams have two. */
const ONCE_PER_CHECKPOINT: ReadonlySet<LibxcRecordName> = new Set([
  'SHARED_INFO',
  'X86_TSC_INFO',
  'HVM_CONTEXT',
  'VERIFY',
]);
const REQUIRED: Readonly<Record<LibxcHeaders['guestType'], readonly LibxcRecordName[]>> = {
  pv: ['X86_PV_INFO', 'X86_PV_P2M_FRAMES', 'PAGE_DATA', 'SHARED_INFO', 'X86_PV_VCPU_BASIC'],
  hvm: ['PAGE_DATA', 'HVM_PARAMS', 'HVM_CONTEXT'],
};

const LAYOUT: Readonly<Record<LibxcHeaders['guestType'], string>> = {
  pv: libxcSpec('Layout, x86 PV Guest'),
  hvm: libxcSpec('Layout, x86 HVM Guest'),
};
const V3 = libxcSpec('v3 compat with v2');

/**
 * The order of a libxc stream's records:
 *
 *     headers -> static data -> STATIC_DATA_END (v3) -> P2M frames (PV) -> pages -> state -> END
 *                                                         ^                          |
 *                                                         +------- CHECKPOINT <------+
 *
 * State is TSC, shared info and vcpus (PV), or TSC, parameters and context (HVM).
 */
export class RecordOrder {
  private readonly everSeen = new Set<LibxcRecordName>();
  /** Since the start, or the last checkpoint. */
  private seen = new Set<LibxcRecordName>();
  private vcpuRecords = new Set<string>();
  /** Records of vcpus have come since the start, or the last checkpoint. */
  private inVcpus = false;
  private checkpoints = 0;

  constructor(
    private readonly headers: LibxcHeaders,
    private readonly report: Report,
  ) {}

  /** Whether another PAGE_DATA would break no rule; then nothing needs to be asked. */
  get inPages(): boolean {
    return this.seen.has('PAGE_DATA') && !this.inVcpus;
  }

  /** A record of that type comes. */
  take(name: LibxcRecordName): void {
    const { guestType, version } = this.headers;
    if (guestType === 'hvm' && ONLY_PV.has(name))
      this.report('guest-type', `${name} in a stream of an HVM guest`, LAYOUT.hvm);
    if (guestType === 'pv' && ONLY_HVM.has(name))
      this.report('guest-type', `${name} in a stream of a PV guest`, LAYOUT.pv);
    if (version === 2 && ONLY_V3.has(name)) this.report('record-version', `${name} in a stream of version 2`, V3);
    this.checkRepeats(name);
    this.checkStaticData(name);
    if (guestType === 'pv') this.checkPvOrder(name);
    if (name === 'CHECKPOINT' || name === 'END') this.finish(name);
    this.everSeen.add(name);
    this.seen.add(name);
    if (VCPU.has(name)) this.inVcpus = true;
    if (name === 'CHECKPOINT') this.nextCheckpoint();
  }

  /** A record of a vcpu comes; `take` was told before. */
  takeVcpu(name: LibxcRecordName, vcpu: number): void {
    const key = `${name} ${vcpu}`;
    if (this.vcpuRecords.has(key)) this.report('duplicate-record', `a second ${name} of vcpu ${vcpu}`, LAYOUT.pv);
    this.vcpuRecords.add(key);
    if (!this.vcpuRecords.has(`X86_PV_VCPU_BASIC ${vcpu}`)) {
      this.report('order-vcpu', `${name} of vcpu ${vcpu} before its X86_PV_VCPU_BASIC`, LAYOUT.pv);
    }
  }

  /** Whether the vcpu's record came since the last checkpoint. */
  hasVcpu(name: LibxcRecordName, vcpu: number): boolean {
    return this.vcpuRecords.has(`${name} ${vcpu}`);
  }

  private checkRepeats(name: LibxcRecordName): void {
    const again = (ONCE.has(name) && this.everSeen.has(name)) || (ONCE_PER_CHECKPOINT.has(name) && this.seen.has(name));
    if (again) this.report('duplicate-record', `a second ${name}`, LAYOUT[this.headers.guestType]);
  }

  private checkStaticData(name: LibxcRecordName): void {
    const ended = this.everSeen.has('STATIC_DATA_END');
    if (this.headers.version === 3) {
      if (STATIC.has(name) && ended) this.report('order-static-data', `${name} after STATIC_DATA_END`, V3);
      const isStatic = STATIC.has(name) || name === 'STATIC_DATA_END';
      if (!isStatic && !ended && !this.seen.has(name)) {
        this.report('order-static-data', `${name} before STATIC_DATA_END`, V3);
      }
    }
    if (name === 'STATIC_DATA_END' && this.headers.guestType === 'pv' && !this.everSeen.has('X86_PV_INFO')) {
      this.report('order-pv-info', 'STATIC_DATA_END before X86_PV_INFO', LAYOUT.pv);
    }
  }

  private checkPvOrder(name: LibxcRecordName): void {
    const needs = (wanted: LibxcRecordName, rule: string) => {
      if (this.everSeen.has(wanted) || this.everSeen.has(name)) return;
      this.report(rule, `${name} before ${wanted}`, LAYOUT.pv);
    };
    if (name === 'X86_PV_P2M_FRAMES' || name === 'SHARED_INFO') needs('X86_PV_INFO', 'order-pv-info');
    if (name === 'PAGE_DATA') needs('X86_PV_P2M_FRAMES', 'order-p2m-frames');
    if (VCPU.has(name)) needs('PAGE_DATA', 'order-vcpu');
    if ((name === 'PAGE_DATA' || name === 'X86_PV_P2M_FRAMES') && this.inVcpus) {
      this.report('order-vcpu', `${name} after the records of vcpus`, LAYOUT.pv);
    }
  }

  private finish(name: LibxcRecordName): void {
    // END may follow a checkpoint at once: the guest is complete then.
    if (name === 'END' && this.checkpoints > 0 && this.seen.size === 0) return;
    for (const wanted of REQUIRED[this.headers.guestType]) {
      const found = wanted === 'PAGE_DATA' || ONCE.has(wanted) || wanted === 'X86_PV_P2M_FRAMES';
      if (!(found ? this.everSeen : this.seen).has(wanted)) {
        this.report('missing-record', `${name} without ${wanted}`, LAYOUT[this.headers.guestType]);
      }
    }
    if (
      this.headers.guestType === 'pv' &&
      this.seen.has('X86_PV_VCPU_BASIC') &&
      !this.hasVcpu('X86_PV_VCPU_BASIC', 0)
    ) {
      this.report('missing-record', `${name} without X86_PV_VCPU_BASIC of vcpu 0`, LAYOUT.pv);
    }
  }

  private nextCheckpoint(): void {
    this.checkpoints++;
    this.seen = new Set();
    this.vcpuRecords = new Set();
    this.inVcpus = false;
  }
}
