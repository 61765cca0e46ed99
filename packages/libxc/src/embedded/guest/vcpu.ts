import { isHypervisorError } from '../../hypervisor/errors.js';
import { unfoldCr3 } from '../../x86/cr3.js';
import { type GuestWidth, pvLayout } from '../../x86/layout.js';
import { registerLayout } from '../../x86/registers.js';
import { readWord } from '../../x86/words.js';
import { AddressSpace } from './address-space.js';
import { Cpu } from './cpu.js';
import { GuestFault } from './fault.js';
import type { Hypercalls } from './hypercalls.js';
import { PAGE_SIGNATURE } from './isa.js';
import { Registers } from './registers.js';
import { announceCrash } from './services/crash.js';
import { runService } from './services/index.js';
import type { ServiceContext } from './services/kernel.js';
import { FlatTranslator, type Machine, PvTranslator } from './translators.js';

/** A vcpu as the embedded host lends it to the CPU. */
export interface VcpuMachine extends Machine {
  readonly kind: 'pv' | 'hvm';
  /** Bytes of a PV guest's word; 8 for HVM. */
  readonly width: GuestWidth;
  readonly vcpu: number;
  /** The live context: vcpu_guest_context of a PV guest (a 32-bit one's may be longer than it needs), or the HVM CPU record. */
  readonly context: Uint8Array;
  readonly hypercalls: Hypercalls;
  stopRequested(): boolean;
  /** Returns when an event came in, a stop is asked for, or the time is over. */
  waitEvent(milliseconds: number): void;
}

const SHUTDOWN_CRASH = 3;

/**
 * Executes a vcpu until a stop is asked for; call again to go on. It keeps nothing between calls. A guest that faults
 * says so on its console and in the host's log, and crashes.
 */
export function runVcpu(machine: VcpuMachine): void {
  const context = serviceContext(machine);
  const cpu = new Cpu(context.registers, context.space, {
    stopRequested: () => machine.stopRequested(),
    waitEvent: (milliseconds) => machine.waitEvent(milliseconds),
    service: (number) => runService(context, number),
    shutdown: (reason) => machine.hypercalls.shutdown(reason),
  });
  try {
    cpu.run();
  } catch (e) {
    announceCrash(context, asFault(e));
    machine.hypercalls.shutdown(SHUTDOWN_CRASH);
  }
}

/** No kernel here can do without a hypercall that it makes. @throws what is neither the guest's fault nor the hypervisor's answer */
function asFault(e: unknown): GuestFault {
  if (e instanceof GuestFault) return e;
  if (isHypervisorError(e)) return new GuestFault('PANIC', `a hypercall failed: ${e.message}`);
  throw e;
}

/**
 * Why a vcpu can't be executed here: its rip leads to no page of embedded code. undefined when it can. Only a guest that
 * the embedded host itself built, wherever it has been since, passes.
 */
export function heldBecause(machine: Pick<VcpuMachine, 'kind' | 'width' | 'context'> & Machine): string | undefined {
  const X86 = 'x86 code, which the embedded host cannot execute';
  try {
    const { registers, space } = memoryOf(machine);
    const { bytes } = space.forRead(registers.rip);
    const start = Buffer.from(bytes.subarray(0, PAGE_SIGNATURE.length)).toString('latin1');
    return start === PAGE_SIGNATURE ? undefined : X86;
  } catch (fault) {
    // An address of the upper half, or paging that the flat translation knows nothing of: a real kernel's.
    if (fault instanceof GuestFault) return X86;
    throw fault;
  }
}

function memoryOf(machine: Pick<VcpuMachine, 'kind' | 'width' | 'context'> & Machine) {
  const { width } = machine;
  const layout = registerLayout(machine.kind, width);
  const registers = new Registers(machine.context, layout);
  if (machine.kind === 'hvm') {
    return { registers, space: new AddressSpace(new FlatTranslator(machine)), pv: undefined };
  }
  const root = () => unfoldCr3(readWord(machine.context, layout.cr3, width), width);
  const tables = new PvTranslator(machine, root, pvLayout(width).levels);
  const mfnToPfn = (mfn: number) => machine.mfnToPfn(mfn);
  return { registers, space: new AddressSpace(tables), pv: { width, tables, root, mfnToPfn } };
}

function serviceContext(machine: VcpuMachine): ServiceContext {
  const { registers, space, pv } = memoryOf(machine);
  return { vcpu: machine.vcpu, registers, space, pv, hypercalls: machine.hypercalls, now };
}

/** Microseconds; the same in all threads, each of which may execute a vcpu. */
function now(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}
