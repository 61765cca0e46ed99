import type { Hypervisor } from '../hypervisor/hypervisor.js';

export interface EmbeddedHostOptions {
  /** The host's private directory; made when absent. */
  readonly directory: string;
  /** Size of the machine in MiB; default: what the system can spare, at most 16 GiB. */
  readonly memoryMib?: number;
  /** Decides the scramble of machine frames; default: random. */
  readonly seed?: number;
  /** Share of the operations, 0 to 1, that are disturbed as on a busy host (EAGAIN, EINTR, partial batches). */
  readonly interference?: number;
  /** Features that its CPU lacks, by the names of Xen's cpufeatureset.h ('AVX2'), as that of an older machine. */
  readonly cpuWithout?: readonly string[];
}

/** The embedded simulated Xen in this process. */
export interface EmbeddedHost {
  readonly directory: string;
  /** A client. What it holds is given back when it is closed. */
  connect(): Hypervisor;
  /** Ends all domains and gives the machine's memory back, also where processes still map it. */
  close(): Promise<void>;
}
