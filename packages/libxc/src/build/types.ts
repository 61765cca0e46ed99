import type { Hypervisor } from '../hypervisor/hypervisor.js';

/** A ring of the guest's and who serves it. */
export interface RingPeer {
  /** Guest event channel port, allocated unbound for the peer. */
  readonly port: number;
  /** Domain of the backend; 0 for the control domain. */
  readonly domid: number;
}

export interface BuildDomainOptions {
  readonly hypervisor: Hypervisor;
  /** A new domain (createDomain), paused, that owns no memory yet. Its memory limit is set. */
  readonly domid: number;
  readonly kind: 'pv' | 'hvm' | 'pvh';
  readonly memoryKib: number;
  /**
   * HVM and PVH: what the domain really gets, where that is less; the rest of its memory is populated on demand until its
   * balloon driver gives so much back.
   */
  readonly targetKib?: number;
  /** Bytes of an embedded kernel image (embedded/guest/image.ts). */
  readonly kernel: Uint8Array;
  readonly cmdline: string;
  readonly ramdisk?: Uint8Array;
  readonly vcpus: number;
  readonly store: RingPeer;
  readonly console: RingPeer;
}

/** Frames (mfn for PV, gfn for HVM) of the rings: what xenstored and the console service are told. */
export interface BuiltDomain {
  readonly storeGfn: number;
  readonly consoleGfn: number;
}

/** A domain that can't be built: a bad kernel, a command line too long, too little memory. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  constructor(
    readonly code: 'BAD_KERNEL' | 'BAD_ARGUMENT' | 'NO_MEMORY' | 'HYPERVISOR',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
