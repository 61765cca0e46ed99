import type {
  CpuPolicy,
  CreateDomain,
  DomainInfo,
  EventChannels,
  ForeignMapping,
  FrameList,
  HostInfo,
  Hypervisor,
  LogDirtyStats,
  MmuExtOp,
  PodTarget,
  SchedulerCredit,
  ShutdownReason,
  TscInfo,
  VcpuInfo,
} from '../../hypervisor/index.js';
import type { MachineMemory } from '../memory/machine-memory.js';
import type { MappedFrames } from '../wire/operations.js';
import { ClientEventChannels } from './event-channels.js';
import { MappedForeignFrames } from './foreign-mapping.js';
import type { Transport } from './transport.js';

/** The embedded host as its clients have it: operations go to the host, guest memory is touched directly. */
export class ClientHypervisor implements Hypervisor {
  constructor(
    private readonly transport: Transport,
    private readonly memory: MachineMemory,
  ) {}

  info(): Promise<HostInfo> {
    return this.transport.perform('info');
  }

  consoleRing(): Promise<string> {
    return this.transport.perform('consoleRing');
  }

  listDomains(first: number, max: number): Promise<DomainInfo[]> {
    return this.transport.perform('listDomains', first, max);
  }

  domainInfo(domid: number): Promise<DomainInfo> {
    return this.transport.perform('domainInfo', domid);
  }

  createDomain(config: CreateDomain): Promise<number> {
    return this.transport.perform('createDomain', config);
  }

  setMaxMemory(domid: number, kib: number): Promise<void> {
    return this.transport.perform('setMaxMemory', domid, kib);
  }

  setPagingMemory(domid: number, kib: number): Promise<void> {
    return this.transport.perform('setPagingMemory', domid, kib);
  }

  pause(domid: number): Promise<void> {
    return this.transport.perform('pause', domid);
  }

  unpause(domid: number): Promise<void> {
    return this.transport.perform('unpause', domid);
  }

  destroyDomain(domid: number): Promise<void> {
    return this.transport.perform('destroyDomain', domid);
  }

  resumeDomain(domid: number): Promise<void> {
    return this.transport.perform('resumeDomain', domid);
  }

  shutdownDomain(domid: number, reason: ShutdownReason): Promise<void> {
    return this.transport.perform('shutdownDomain', domid, reason);
  }

  schedulerCredit(domid: number): Promise<SchedulerCredit> {
    return this.transport.perform('schedulerCredit', domid);
  }

  setSchedulerCredit(domid: number, credit: SchedulerCredit): Promise<void> {
    return this.transport.perform('setSchedulerCredit', domid, credit);
  }

  maximumGpfn(domid: number): Promise<number> {
    return this.transport.perform('maximumGpfn', domid);
  }

  maximumRamPage(): Promise<number> {
    return this.transport.perform('maximumRamPage');
  }

  machphysMfnList(maxExtents: number): Promise<FrameList> {
    return this.transport.perform('machphysMfnList', maxExtents);
  }

  machphysCompatMfn(): Promise<number> {
    return this.transport.perform('machphysCompatMfn');
  }

  populatePhysmap(domid: number, pfns: FrameList, order: number): Promise<FrameList> {
    return this.transport.perform('populatePhysmap', domid, pfns, order);
  }

  decreaseReservation(domid: number, gfns: FrameList): Promise<number> {
    return this.transport.perform('decreaseReservation', domid, gfns);
  }

  populateOnDemand(domid: number, pfns: FrameList, order: number): Promise<number> {
    return this.transport.perform('populateOnDemand', domid, pfns, order);
  }

  podTarget(domid: number): Promise<PodTarget> {
    return this.transport.perform('podTarget', domid);
  }

  setPodTarget(domid: number, pages: number): Promise<void> {
    return this.transport.perform('setPodTarget', domid, pages);
  }

  async mapForeign(domid: number, gfns: FrameList, access: 'read' | 'write'): Promise<ForeignMapping> {
    return this.mapping(await this.transport.perform('mapForeign', domid, gfns, access));
  }

  async mapGrantTable(domid: number): Promise<ForeignMapping> {
    return this.mapping(await this.transport.perform('mapGrantTable', domid));
  }

  pageTypes(domid: number, gfns: FrameList): Promise<Uint8Array> {
    return this.transport.perform('pageTypes', domid, gfns);
  }

  mmuExt(domid: number, ops: readonly MmuExtOp[]): Promise<void> {
    return this.transport.perform('mmuExt', domid, [...ops]);
  }

  enableLogDirty(domid: number): Promise<void> {
    return this.transport.perform('enableLogDirty', domid);
  }

  disableLogDirty(domid: number): Promise<void> {
    return this.transport.perform('disableLogDirty', domid);
  }

  async logDirty(
    domid: number,
    op: 'clean' | 'peek',
    bitmap: Uint8Array,
    pages: number,
    final: boolean,
  ): Promise<LogDirtyStats> {
    const dirty = await this.transport.perform('logDirty', domid, op, pages, final);
    bitmap.set(dirty.bitmap.subarray(0, bitmap.length));
    return dirty.stats;
  }

  vcpuInfo(domid: number, vcpu: number): Promise<VcpuInfo> {
    return this.transport.perform('vcpuInfo', domid, vcpu);
  }

  guestWidth(domid: number): Promise<4 | 8> {
    return this.transport.perform('guestWidth', domid);
  }

  setGuestWidth(domid: number, width: 4 | 8): Promise<void> {
    return this.transport.perform('setGuestWidth', domid, width);
  }

  vcpuContext(domid: number, vcpu: number): Promise<Uint8Array> {
    return this.transport.perform('vcpuContext', domid, vcpu);
  }

  setVcpuContext(domid: number, vcpu: number, context: Uint8Array | null): Promise<void> {
    return this.transport.perform('setVcpuContext', domid, vcpu, context ?? undefined);
  }

  vcpuExtendedContext(domid: number, vcpu: number): Promise<Uint8Array> {
    return this.transport.perform('vcpuExtendedContext', domid, vcpu);
  }

  setVcpuExtendedContext(domid: number, vcpu: number, context: Uint8Array): Promise<void> {
    return this.transport.perform('setVcpuExtendedContext', domid, vcpu, context);
  }

  vcpuXsave(domid: number, vcpu: number): Promise<Uint8Array> {
    return this.transport.perform('vcpuXsave', domid, vcpu);
  }

  setVcpuXsave(domid: number, vcpu: number, area: Uint8Array): Promise<void> {
    return this.transport.perform('setVcpuXsave', domid, vcpu, area);
  }

  vcpuMsrs(domid: number, vcpu: number): Promise<Uint8Array> {
    return this.transport.perform('vcpuMsrs', domid, vcpu);
  }

  setVcpuMsrs(domid: number, vcpu: number, msrs: Uint8Array): Promise<void> {
    return this.transport.perform('setVcpuMsrs', domid, vcpu, msrs);
  }

  hvmContext(domid: number): Promise<Uint8Array> {
    return this.transport.perform('hvmContext', domid);
  }

  setHvmContext(domid: number, context: Uint8Array): Promise<void> {
    return this.transport.perform('setHvmContext', domid, context);
  }

  hvmParam(domid: number, index: number): Promise<bigint> {
    return this.transport.perform('hvmParam', domid, index);
  }

  setHvmParam(domid: number, index: number, value: bigint): Promise<void> {
    return this.transport.perform('setHvmParam', domid, index, value);
  }

  tscInfo(domid: number): Promise<TscInfo> {
    return this.transport.perform('tscInfo', domid);
  }

  setTscInfo(domid: number, tsc: TscInfo): Promise<void> {
    return this.transport.perform('setTscInfo', domid, tsc);
  }

  cpuPolicy(domid: number): Promise<CpuPolicy> {
    return this.transport.perform('cpuPolicy', domid);
  }

  hostCpuPolicy(kind: 'pv' | 'hvm'): Promise<CpuPolicy> {
    return this.transport.perform('hostCpuPolicy', kind);
  }

  setCpuPolicy(domid: number, policy: CpuPolicy): Promise<void> {
    return this.transport.perform('setCpuPolicy', domid, policy);
  }

  async openEventChannels(): Promise<EventChannels> {
    return new ClientEventChannels(this.transport, await this.transport.perform('openEventChannels'));
  }

  allocUnboundPort(domid: number, remote: number): Promise<number> {
    return this.transport.perform('allocUnboundPort', domid, remote);
  }

  subscribeSuspend(domid: number, port: number): Promise<void> {
    return this.transport.perform('subscribeSuspend', domid, port);
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  private mapping(frames: MappedFrames): ForeignMapping {
    return new MappedForeignFrames(this.memory, frames, () => this.transport.perform('unmap', frames.id));
  }
}
