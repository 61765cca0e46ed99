/** What a vcpu's thread is given when it starts. Buffers are shared. */
export interface VcpuData {
  readonly kind: 'pv' | 'hvm';
  readonly width: 4 | 8;
  readonly vcpu: number;
  readonly memory: { readonly path: string; readonly span: number };
  /** First mfn of each extent of the machine-to-phys table. */
  readonly m2pExtents: readonly number[];
  /** HVM: gfn to mfn (domains/hvm-p2m.ts). */
  readonly p2m: SharedArrayBuffer;
  readonly logDirtyBitmap: SharedArrayBuffer;
  readonly domainControl: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly context: SharedArrayBuffer;
}

/** From the thread to the host: a hypercall, to be answered through the mailbox; or that it has stopped. */
export type VcpuMessage = { readonly call: string; readonly args: readonly unknown[] } | { readonly stopped: true };
