import type { CpuPolicy, CreateDomain, SchedulerCredit, ShutdownReason, TscInfo } from '../../hypervisor/hypervisor.js';
import type { VcpuThread } from '../run/vcpu-thread.js';
import { HvmP2m } from './hvm-p2m.js';
import type { HvmRecords } from './hvm-records.js';
import { LogDirty } from './log-dirty.js';
import type { P2mTree } from './p2m-tree.js';
import { GuestPorts } from './ports.js';
import { Vcpu } from './vcpu.js';

/** What the host knows of a domain. The operations (operations/) act on it. */
export class Domain {
  readonly uuid: Uint8Array;
  readonly kind: 'pv' | 'hvm' | 'pvh';
  readonly hvm: boolean;
  readonly passthrough: boolean;
  readonly maxGrantFrames: number;
  readonly vcpus: readonly Vcpu[];
  readonly ports: GuestPorts;
  readonly logDirty: LogDirty;
  /** HVM and PVH only. */
  readonly p2m: HvmP2m;
  /** Frames that the domain owns and that back no gfn yet: for its entries that are populated on demand. */
  readonly podCache: number[] = [];
  readonly params = new Map<number, bigint>();

  /** HVM: where the guest put its shared_info; INVALID_FRAME: nowhere. */
  sharedInfoGfn = -1;
  width: 4 | 8 = 8;
  /** When `tsc` was set: performance.now(). */
  tscSince = performance.now();
  /** Frames. */
  maxPages = 0;
  /** Controller pauses that are not undone. A new domain is paused. */
  pauses = 1;
  /** Pauses by the host itself, around an operation. */
  internalPauses = 0;
  shutdown: ShutdownReason | undefined;
  /** Set once every vcpu has stopped: the domain is shut down as seen from outside. */
  shutdownComplete = false;
  dying = false;
  /** Its vcpus were let run once. */
  hasRun = false;
  /** What a held guest's kernel would have done last (held/). */
  readonly held: { state: 'new' | 'running' | 'suspended'; tree?: P2mTree | undefined } = { state: 'new' };
  heldBecause: string | undefined;
  /** Whether `heldBecause` was found out since the registers were last loaded. */
  heldKnown = false;
  suspendPort: number | undefined;
  /** The scheduler's view of it. */
  credit: SchedulerCredit = { weight: 256, cap: 0 };
  /** By vcpu, from when the domain first runs. */
  threads: Map<number, VcpuThread> | undefined;
  hvmRecords: HvmRecords | undefined;

  constructor(
    readonly domid: number,
    config: CreateDomain,
    /** Xen's frame that the domain sees as shared_info. */
    readonly sharedInfoMfn: number,
    readonly grantMfn: number,
    /** Guest frames that can be named. */
    pages: number,
    public cpuPolicy: CpuPolicy,
    public tsc: TscInfo,
  ) {
    this.uuid = config.uuid.slice();
    this.kind = config.kind;
    this.hvm = config.kind !== 'pv';
    this.passthrough = config.passthrough;
    this.maxGrantFrames = config.maxGrantFrames;
    this.vcpus = Array.from({ length: config.maxVcpus }, (_, id) => new Vcpu(id, this.hvm ? 'hvm' : 'pv'));
    this.ports = new GuestPorts(config.maxEventChannel);
    this.logDirty = new LogDirty(pages);
    this.p2m = new HvmP2m(this.hvm ? pages : 0);
  }

  /** Whether its vcpus may run now. */
  get runnable(): boolean {
    return this.pauses === 0 && this.internalPauses === 0 && this.shutdown === undefined && !this.dying;
  }
}
