import type { Register } from './isa.js';

/** The hypercalls that embedded kernels make, typed; made over VcpuEnv.hypercall. Each is finished when it
 * returns, and throws HypervisorError when it failed: the kernel panics then. */
export interface Hypercalls {
  /** EVTCHNOP_send. */
  notify(port: number): void;
  /** EVTCHNOP_alloc_unbound for a backend in `remote`. */
  allocUnboundPort(remote: number): number;
  /** CONSOLEIO_write: the host's log. */
  log(text: string): void;
  shutdown(reason: number): void;
  /** How many vcpus the domain has (VCPUOP_is_up until it says ENOENT). */
  vcpuCount(): number;
  /** VCPUOP_initialise with the caller's own context but for rip and the given registers, then VCPUOP_up. */
  startVcpu(vcpu: number, registers: readonly { register: Register; value: number }[], rip: number): void;

  /** XENMEM_decrease_reservation of the guest's own frames (mfns of a PV guest). Answers how many were taken back. */
  decreaseReservation(gfns: Float64Array): number;

  // PV
  /** mmu_update: page-table entries at machine addresses. */
  mmuUpdate(machineAddress: number, entry: PageTableEntry): void;
  pin(level: 1 | 2 | 3 | 4, mfn: number): void;
  unpin(mfn: number): void;

  // HVM
  hvmParam(index: number): number;
  setHvmParam(index: number, value: bigint): void;
  /** XENMEM_add_to_physmap of shared_info. */
  mapSharedInfo(gfn: number): void;
}

export interface PageTableEntry {
  readonly mfn: number;
  /** Low 12 bits; 0 makes an entry of all zeroes. */
  readonly flags: number;
}
