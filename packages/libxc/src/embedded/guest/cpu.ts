import { PAGE_SIZE } from '../../hypervisor/frames.js';
import type { AddressSpace } from './address-space.js';
import { hex } from './address-space.js';
import { GuestFault } from './fault.js';
import { INSTRUCTION_SIZE, OP, REG } from './isa.js';
import { checkPage, fillPage } from './page-content.js';
import type { Registers } from './registers.js';

/** What instructions ask of the world around the CPU. */
export interface CpuEnvironment {
  /** Looked at before every instruction: the vcpu then stands between two instructions. */
  stopRequested(): boolean;
  waitEvent(milliseconds: number): void;
  /** SERVICE: answers what goes to rax. */
  service(number: number): number;
  /** SHUTDOWN: the domain's vcpus are stopped once this returns. */
  shutdown(reason: number): void;
}

/**
 * Executes instructions until a stop is asked for. Everything that an instruction changes is in guest memory and in the
 * registers when the next begins; the CPU itself keeps nothing but its TLB.
 *
 * @throws GuestFault
 */
export class Cpu {
  constructor(
    private readonly registers: Registers,
    private readonly space: AddressSpace,
    private readonly environment: CpuEnvironment,
  ) {}

  run(): void {
    const { environment, registers } = this;
    while (!environment.stopRequested()) this.execute(registers.rip);
  }

  private execute(rip: number): void {
    const { registers, space } = this;
    if ((rip & (INSTRUCTION_SIZE - 1)) !== 0)
      throw new GuestFault('INVALID_OPCODE', `rip ${hex(rip)} is no instruction's address`);
    const { words } = space.forRead(rip);
    const at = (rip & (PAGE_SIZE - 1)) >>> 2;
    const head = words[at]!;
    const displacement = words[at + 1]! | 0;
    const a = (head >>> 8) & 15;
    const b = (head >>> 16) & 15;
    const c = head >>> 24;
    let next = rip + INSTRUCTION_SIZE;
    switch (head & 0xff) {
      case OP.SIGNATURE:
        break;
      case OP.MOVI:
        registers.set(a, words[at + 3]! * 2 ** 32 + words[at + 2]!);
        break;
      case OP.LEA:
        registers.set(a, rip + displacement);
        break;
      case OP.MOV:
        registers.set(a, registers.get(b));
        break;
      case OP.ADD:
        registers.set(a, inRange(registers.get(b) + registers.get(c), rip));
        break;
      case OP.SUB:
        registers.set(a, inRange(registers.get(b) - registers.get(c), rip));
        break;
      case OP.MUL:
        registers.set(a, inRange(registers.get(b) * registers.get(c), rip));
        break;
      case OP.REM:
        registers.set(a, inRange(registers.get(b) % registers.get(c), rip));
        break;
      case OP.ADDI:
        registers.set(a, inRange(registers.get(b) + displacement, rip));
        break;
      case OP.RANDOM:
        registers.set(a, xorshift(registers.get(a)));
        break;
      case OP.LD32:
        registers.set(a, space.read32(registers.get(b) + displacement));
        break;
      case OP.LD64:
        registers.set(a, space.read64(registers.get(b) + displacement));
        break;
      case OP.ST32:
        space.write32(registers.get(b) + displacement, registers.get(a));
        break;
      case OP.ST64:
        space.write64(registers.get(b) + displacement, registers.get(a));
        break;
      case OP.JMP:
        next = rip + displacement;
        break;
      case OP.JEQ:
        if (registers.get(b) === registers.get(c)) next = rip + displacement;
        break;
      case OP.JNE:
        if (registers.get(b) !== registers.get(c)) next = rip + displacement;
        break;
      case OP.JLT:
        if (registers.get(b) < registers.get(c)) next = rip + displacement;
        break;
      case OP.JGE:
        if (registers.get(b) >= registers.get(c)) next = rip + displacement;
        break;
      case OP.PAGEFILL:
        this.fill(registers.get(b), registers.get(c));
        break;
      case OP.PAGECHECK:
        registers.set(a, this.check(registers.get(b), registers.get(c)));
        break;
      case OP.SERVICE:
        registers.set(REG.rax, this.environment.service(displacement));
        break;
      case OP.BLOCK:
        registers.rip = next;
        this.environment.waitEvent(registers.get(b));
        return;
      case OP.SHUTDOWN: {
        // The answer and the place to go on from stand before the vcpu stops: a toolstack that resumes the guest in
        // place changes rax to 1, a restored one goes on with this 0.
        const reason = registers.get(b);
        registers.set(REG.rax, 0);
        registers.rip = next;
        this.environment.shutdown(reason);
        return;
      }
      default:
        throw new GuestFault('INVALID_OPCODE', `no instruction at ${hex(rip)} (opcode ${hex(head & 0xff)})`);
    }
    registers.rip = next;
  }

  private fill(address: number, generation: number): void {
    const target = this.space.forWrite(address);
    fillPage(target.words, target.page, generation);
    this.space.wrote(target);
  }

  private check(address: number, generation: number): number {
    const { words, page } = this.space.forRead(address);
    return checkPage(words, page, generation);
  }
}

function inRange(value: number, rip: number): number {
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
  throw new GuestFault('OVERFLOW', `the instruction at ${hex(rip)} leaves the numbers from 0 to 2^53`);
}

/** Never zero, for a state that is not zero. */
function xorshift(state: number): number {
  let x = state | 0;
  x ^= x << 13;
  x ^= x >>> 17;
  x ^= x << 5;
  return x >>> 0;
}
