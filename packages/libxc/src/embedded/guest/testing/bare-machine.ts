import { type FrameList, INVALID_FRAME, PAGE_SIZE } from '../../../hypervisor/frames.js';
import type { DomainInfo, ForeignMapping, Hypervisor } from '../../../hypervisor/hypervisor.js';
import { pvLayout } from '../../../x86/layout.js';
import { HVM_CPU, HVM_REGISTERS, HVM_SAVE, PV64_REGISTERS } from '../../../x86/registers.js';
import type { Hypercalls } from '../hypercalls.js';
import type { Machine } from '../translators.js';
import { runVcpu, type VcpuMachine } from '../vcpu.js';

/**
 * Frames and one domain: what the CPU, the kernel and the builder need of a host when they are tested by themselves. It
 * checks nothing (no page types, no references); the embedded host does, and the tests of the whole run on that.
 */
export class BareMachine {
  readonly frameOfPfn = new Map<number, number>();
  readonly pfnOfFrame = new Map<number, number>();
  readonly dirty = new Set<number>();
  readonly params = new Map<number, bigint>();
  readonly contexts = new Map<number, Uint8Array>();
  readonly grants = new Uint8Array(PAGE_SIZE);
  readonly pinned = new Set<number>();
  readonly log: string[] = [];
  readonly sharedInfoMfn: number;
  /** The reason, once the domain is shut down. */
  shutdown: number | undefined;
  private readonly memory: Uint8Array;
  private readonly size: number;
  private used = 0;
  private nextPort = 10;
  private deadline = 0;

  /** @param frames a power of two; @param step odd: how far apart frames lie that are given out one after the other */
  constructor(
    readonly kind: 'pv' | 'hvm',
    readonly vcpus: number,
    frames: number,
    private readonly step: number,
  ) {
    this.size = frames;
    this.memory = new Uint8Array(frames * PAGE_SIZE);
    this.sharedInfoMfn = this.takeFrame();
  }

  /** The page of a pfn. */
  page(pfn: number): Uint8Array {
    return this.frame(this.frameOfPfn.get(pfn) ?? INVALID_FRAME);
  }

  frame(mfn: number): Uint8Array {
    if (!(mfn > 0 && mfn < this.size)) throw new Error('there is no such frame');
    return this.memory.subarray(mfn * PAGE_SIZE, (mfn + 1) * PAGE_SIZE);
  }

  /** The page behind what the hypervisor interface calls a gfn. */
  pageOfGfn(gfn: number): Uint8Array {
    return this.kind === 'pv' ? this.frame(gfn) : this.page(gfn);
  }

  populate(pfn: number): number {
    const mfn = this.takeFrame();
    this.frameOfPfn.set(pfn, mfn);
    this.pfnOfFrame.set(mfn, pfn);
    this.frame(mfn).fill(0xc2);
    return mfn;
  }

  /** As an event comes in: its bit in shared_info. */
  raise(port: number): void {
    const pending = this.frame(this.sharedInfoMfn).subarray(pvLayout(8).sharedInfo.evtchnPending);
    pending[port >> 3] = (pending[port >> 3] ?? 0) | (1 << (port & 7));
  }

  /** Every vcpu runs in turn, for so long each. */
  run(milliseconds: number): void {
    for (let vcpu = 0; vcpu < this.vcpus && this.shutdown === undefined; vcpu++) {
      if (!this.contexts.has(vcpu)) continue;
      this.deadline = performance.now() + milliseconds;
      runVcpu(this.vcpu(vcpu));
    }
  }

  /** @throws Error for a vcpu that was never initialised */
  vcpu(vcpu: number): VcpuMachine {
    const context = this.contexts.get(vcpu);
    if (context === undefined) throw new Error(`vcpu ${vcpu} has no context`);
    return {
      kind: this.kind,
      width: 8,
      vcpu,
      context,
      hypercalls: this.hypercalls(vcpu),
      ...this.cpuView(),
      stopRequested: () => this.shutdown !== undefined || performance.now() > this.deadline,
      waitEvent: () => undefined,
    };
  }

  /** What translations need. */
  cpuView(): Machine {
    return {
      frame: (mfn) => this.frame(mfn),
      gfnToMfn: (gfn) => this.frameOfPfn.get(gfn) ?? INVALID_FRAME,
      mfnToPfn: (mfn) => this.pfnOfFrame.get(mfn) ?? INVALID_FRAME,
      markDirty: (pfn) => this.dirty.add(pfn),
    };
  }

  private get layout() {
    return this.kind === 'pv' ? PV64_REGISTERS : HVM_REGISTERS;
  }

  protected takeFrame(): number {
    // A walk over all frames but 0, in no helpful order; single frames only.
    this.used += 1;
    const mfn = (this.used * this.step) % this.size;
    if (this.used >= this.size) throw new Error('out of frames');
    return mfn;
  }

  protected hypercalls(vcpu: number): Hypercalls {
    return {
      notify: () => undefined,
      allocUnboundPort: () => this.nextPort++,
      log: (text) => this.log.push(text),
      shutdown: (reason) => {
        this.shutdown = reason;
      },
      vcpuCount: () => this.vcpus,
      startVcpu: (other, registers, rip) => {
        const context = Uint8Array.from(this.contexts.get(vcpu) ?? []);
        const view = new DataView(context.buffer);
        for (const { register, value } of registers) {
          view.setBigUint64(this.layout.general[register] ?? 0, BigInt(value), true);
        }
        view.setBigUint64(this.layout.rip, BigInt(rip), true);
        this.contexts.set(other, context);
      },
      decreaseReservation: (gfns) => gfns.length,
      mmuUpdate: (address, { mfn, flags }) => {
        const page = this.frame(Math.floor(address / PAGE_SIZE));
        const entry = (BigInt(mfn) << 12n) | BigInt(flags);
        new DataView(page.buffer, page.byteOffset).setBigUint64(address % PAGE_SIZE, entry, true);
        this.dirty.add(this.pfnOfFrame.get(Math.floor(address / PAGE_SIZE)) ?? INVALID_FRAME);
      },
      pin: (_level, mfn) => this.pinned.add(mfn),
      unpin: (mfn) => this.pinned.delete(mfn),
      hvmParam: (index) => Number(this.params.get(index) ?? 0n),
      setHvmParam: (index, value) => this.params.set(index, value),
      mapSharedInfo: (gfn) => this.frameOfPfn.set(gfn, this.sharedInfoMfn),
    };
  }

  /** As much of a hypervisor as the builder calls. */
  hypervisor(): Hypervisor {
    const some: Partial<Hypervisor> = {
      populatePhysmap: async (_domid, pfns, order) => (order > 0 ? new Float64Array(0) : this.populateAll(pfns)),
      mapForeign: async (_domid, gfns) => this.mapping(gfns),
      domainInfo: async () => ({ sharedInfoFrame: this.sharedInfoMfn }) as DomainInfo,
      mmuExt: async (_domid, ops) => {
        for (const { level, mfn } of ops) this.hypercalls(0).pin(level, mfn);
      },
      setVcpuContext: async (_domid, vcpu, context) => {
        this.contexts.set(vcpu, Uint8Array.from(context ?? []));
      },
      hvmContext: async () => emptyHvmContext(),
      setHvmContext: async (_domid, context) => {
        this.contexts.set(0, cpuRecord(context));
      },
      setHvmParam: async (_domid, index, value) => {
        this.params.set(index, value);
      },
      mapGrantTable: async () => ({ ...this.mapping(new Float64Array(0)), count: 1, page: () => this.grants }),
    };
    return some as Hypervisor;
  }

  private populateAll(pfns: FrameList): FrameList {
    const mfns = pfns.map((pfn) => this.populate(pfn));
    return this.kind === 'pv' ? mfns : pfns;
  }

  private mapping(gfns: FrameList): ForeignMapping {
    return {
      count: gfns.length,
      errors: new Uint8Array(gfns.length),
      page: (i) => this.pageOfGfn(gfns[i] ?? INVALID_FRAME),
      runs: (from, to) => Array.from(gfns.subarray(from, to), (gfn) => this.pageOfGfn(gfn)),
      read: async (from, to) => Array.from(gfns.subarray(from, to), (gfn) => this.pageOfGfn(gfn)),
      write: async (from, contents) => {
        for (let at = 0; at < contents.length; at += PAGE_SIZE) {
          const gfn = gfns[from + at / PAGE_SIZE] ?? INVALID_FRAME;
          this.pageOfGfn(gfn).set(contents.subarray(at, at + PAGE_SIZE));
        }
      },
      unmap: async () => undefined,
    };
  }
}

/** A header record and the end. */
function emptyHvmContext(): Uint8Array {
  const context = new Uint8Array(HVM_SAVE.descriptorSize * 2 + 24);
  const view = new DataView(context.buffer);
  view.setUint16(0, HVM_SAVE.header, true);
  view.setUint32(4, 24, true);
  return context;
}

function cpuRecord(context: Uint8Array): Uint8Array {
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  let at = 0;
  while (view.getUint16(at, true) !== HVM_SAVE.cpu) at += HVM_SAVE.descriptorSize + view.getUint32(at + 4, true);
  return Uint8Array.from(context.subarray(at + HVM_SAVE.descriptorSize, at + HVM_SAVE.descriptorSize + HVM_CPU.size));
}
