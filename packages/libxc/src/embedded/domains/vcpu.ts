import { HVM_CPU } from '../../x86/registers.js';
import { VCPU_CONTROL_SIZE, VCPU_WORD } from '../run/control.js';

/** References that a PV vcpu's registers hold: page-table roots and the frames of its GDT. Mfns. */
export interface VcpuRoots {
  readonly kernel: number;
  /** 0: none. */
  readonly user: number;
  readonly gdt: readonly number[];
}

/** 64-bit guests have the largest context of the PV kinds. */
const PV_CONTEXT_SIZE = 5168;

/** A virtual CPU: its registers (shared with the thread that executes it) and what Xen keeps beside them. */
export class Vcpu {
  readonly control = new SharedArrayBuffer(VCPU_CONTROL_SIZE);
  readonly controlWords = new Int32Array(this.control);
  /** PV: vcpu_guest_context; HVM: the CPU record. */
  readonly contextBuffer: SharedArrayBuffer;
  readonly context: Uint8Array;
  /** Whether a context was ever loaded. */
  initialised = false;
  online = false;
  roots: VcpuRoots | undefined;
  extended: Uint8Array;
  xsave: Uint8Array;
  msrs = new Uint8Array(0);

  constructor(
    readonly id: number,
    readonly kind: 'pv' | 'hvm',
  ) {
    this.contextBuffer = new SharedArrayBuffer(kind === 'pv' ? PV_CONTEXT_SIZE : HVM_CPU.size);
    this.context = new Uint8Array(this.contextBuffer);
    this.extended = freshExtendedContext(id);
    this.xsave = freshXsave();
  }

  get executing(): boolean {
    return Atomics.load(this.controlWords, VCPU_WORD.executing) === 1;
  }

  get blocked(): boolean {
    return Atomics.load(this.controlWords, VCPU_WORD.blocked) === 1;
  }

  /** Makes a waiting vcpu look around. */
  wake(): void {
    Atomics.add(this.controlWords, VCPU_WORD.wakeUps, 1);
    Atomics.notify(this.controlWords, VCPU_WORD.wakeUps);
  }
}

/** Bytes of the ext_vcpucontext domctl of Xen 4.17. */
export const EXTENDED_CONTEXT_SIZE = 64;

function freshExtendedContext(vcpu: number): Uint8Array {
  const bytes = new Uint8Array(EXTENDED_CONTEXT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, vcpu, true);
  view.setUint32(4, EXTENDED_CONTEXT_SIZE, true);
  return bytes;
}

const XSAVE_FPU_ONLY = 1n;
/** xcr0 and xcr0_accum, then the legacy area and the header of an XSAVE image. */
const XSAVE_SMALLEST = 16 + 512 + 64;

/** x87 alone, as a CPU comes up: control word 0x37f, MXCSR 0x1f80. */
function freshXsave(): Uint8Array {
  const bytes = new Uint8Array(XSAVE_SMALLEST);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, XSAVE_FPU_ONLY, true);
  view.setBigUint64(8, XSAVE_FPU_ONLY, true);
  view.setUint16(16, 0x37f, true);
  view.setUint32(16 + 24, 0x1f80, true);
  return bytes;
}
