import { type Errno, errnoName, HypervisorError } from '../../hypervisor/errors.js';
import { DOMCTL_HEAD, MULTICALL, SYSCTL_HEAD } from '../abi/layout.js';
import { HYPERCALL } from '../abi/numbers.js';
import type { XenRelease } from '../abi/releases.js';
import { HypercallBuffers } from './buffers.js';
import type { XenLibraries } from './libraries.js';

/**
 * Whether a call is over in microseconds, or may keep the hypervisor busy: then it runs on another thread. `alone`: it
 * goes on, when it is interrupted, as a hypercall of another number, which no multicall can do: it is made by itself, on
 * this thread (shadow_op; Xen's paging_domctl_cont).
 */
export type Pace = 'quick' | 'slow' | 'alone';

export interface Call {
  readonly operation: string;
  readonly domid?: number;
  readonly pace?: Pace;
}

/** A hypercall that was refused: thrown as HypervisorError; `read` may look at the arguments first. */
type Explain<T> = (argument: DataView, code: Errno) => T;

/** Where the arguments lie in a page, behind the multicall's entry. */
const ARGUMENT = 128;

/**
 * Hypercalls, each as the only entry of a multicall: its result comes in memory, as a whole word, from whatever thread
 * the call was made; errno could not be told from another one.
 */
export class Hypercalls {
  readonly buffers: HypercallBuffers;

  constructor(
    readonly libraries: XenLibraries,
    private release: XenRelease | undefined = undefined,
  ) {
    this.buffers = new HypercallBuffers(libraries);
  }

  setRelease(release: XenRelease): void {
    this.release = release;
  }

  get layouts(): XenRelease {
    if (this.release === undefined) throw new Error("Xen's release is not known yet");
    return this.release;
  }

  /**
   * Makes a hypercall with an argument structure of `size` bytes.
   *
   * @param args its words; ARGUMENT_ADDRESS stands for the structure's address
   * @throws HypervisorError
   */
  async call<T>(
    call: Call,
    op: number,
    args: readonly (number | bigint)[],
    argument: { readonly size: number; readonly fill?: (argument: DataView) => void },
    read: (result: number, argument: DataView) => T,
    explain?: Explain<string>,
  ): Promise<T> {
    const buffer = this.buffers.take(ARGUMENT + argument.size);
    try {
      const { view, address, bytes } = buffer;
      bytes.fill(0, 0, ARGUMENT + argument.size);
      const structure = new DataView(bytes.buffer, ARGUMENT, argument.size);
      argument.fill?.(structure);
      view.setBigUint64(MULTICALL.op, BigInt(op), true);
      for (const [i, word] of args.entries()) {
        const value = word === ARGUMENT_ADDRESS ? address + BigInt(ARGUMENT) : BigInt(word);
        view.setBigUint64(MULTICALL.args + 8 * i, value, true);
      }
      if (call.pace === 'alone') {
        const answer = this.libraries.hypercall(op, address + BigInt(ARGUMENT));
        if (answer >= 0) return read(answer, structure);
        const code = errnoName(this.libraries.errno());
        throw failure(call, code, explain?.(structure, code) ?? 'the hypervisor refused');
      }
      const made =
        call.pace === 'slow' ? await this.libraries.multicallSlowly(address, 1) : this.libraries.multicall(address, 1);
      if (made !== 0) throw failure(call, 'EFAULT', 'the hypercall could not be made');
      const result = Number(view.getBigInt64(MULTICALL.result, true));
      if (result >= 0) return read(result, structure);
      const code = errnoName(-result);
      throw failure(call, code, explain?.(structure, code) ?? 'the hypervisor refused');
    } finally {
      this.buffers.give(buffer);
    }
  }

  /** `fill` and `read` see the structure's union. */
  domctl<T>(
    call: Call & { readonly domid: number },
    cmd: number,
    fill: (union: DataView) => void,
    read: (union: DataView, structure: DataView) => T,
    explain?: Explain<string>,
  ): Promise<T> {
    const { size, union } = DOMCTL_HEAD;
    return this.call(
      call,
      HYPERCALL.domctl,
      [ARGUMENT_ADDRESS],
      {
        size,
        fill: (structure) => {
          structure.setUint32(DOMCTL_HEAD.cmd, cmd, true);
          structure.setUint32(DOMCTL_HEAD.version, this.layouts.domctlVersion, true);
          structure.setUint16(DOMCTL_HEAD.domid, call.domid, true);
          fill(from(structure, union));
        },
      },
      (_result, structure) => read(from(structure, union), structure),
      explain === undefined ? undefined : (structure, code) => explain(from(structure, union), code),
    );
  }

  sysctl<T>(call: Call, cmd: number, fill: (union: DataView) => void, read: (union: DataView) => T): Promise<T> {
    return this.call(
      call,
      HYPERCALL.sysctl,
      [ARGUMENT_ADDRESS],
      {
        size: SYSCTL_HEAD.size,
        fill: (structure) => {
          structure.setUint32(SYSCTL_HEAD.cmd, cmd, true);
          structure.setUint32(SYSCTL_HEAD.version, this.layouts.sysctlVersion, true);
          fill(from(structure, SYSCTL_HEAD.union));
        },
      },
      (_result, structure) => read(from(structure, SYSCTL_HEAD.union)),
    );
  }

  memoryOp<T>(
    call: Call,
    cmd: number,
    argument: { readonly size: number; readonly fill?: (argument: DataView) => void },
    read: (result: number, argument: DataView) => T,
  ): Promise<T> {
    return this.call(call, HYPERCALL.memoryOp, [cmd, ARGUMENT_ADDRESS], argument, read);
  }
}

/** Stands for the address of a call's argument structure among its words. */
export const ARGUMENT_ADDRESS = -1;

function from(structure: DataView, offset: number): DataView {
  return new DataView(structure.buffer, structure.byteOffset + offset, structure.byteLength - offset);
}

function failure({ operation, domid }: Call, code: Errno, detail: string): HypervisorError {
  return new HypervisorError(code, operation, domid, detail);
}
