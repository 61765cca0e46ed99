import { PAGE_SIZE } from '../../hypervisor/frames.js';
import { INSTRUCTION_SIZE, OP, PAGE_SIGNATURE, type Register } from './isa.js';

type Branch = 'JEQ' | 'JNE' | 'JLT' | 'JGE';
type Arithmetic = 'ADD' | 'SUB' | 'MUL' | 'REM';
type Access = 'LD32' | 'LD64' | 'ST32' | 'ST64';

interface Fixup {
  readonly at: number;
  readonly label: string;
}

/** Puts a program together, instruction by instruction; jumps name labels, which may come later. */
export class Assembler {
  private bytes = new Uint8Array(PAGE_SIZE);
  private at = 0;
  private readonly labels = new Map<string, number>();
  private readonly fixups: Fixup[] = [];

  /** Bytes so far: the offset that the next instruction gets, but for a page signature before it. */
  get offset(): number {
    return this.at;
  }

  label(name: string): this {
    if (this.labels.has(name)) throw new Error(`label ${name} is there twice`);
    this.signPage();
    this.labels.set(name, this.at);
    return this;
  }

  /** Names the first byte behind the text: where the zero pages will lie. Nothing may follow. */
  labelEnd(name: string): this {
    this.labels.set(name, Math.ceil(this.at / PAGE_SIZE) * PAGE_SIZE);
    return this;
  }

  moveImmediate(a: Register, value: number): this {
    return this.emit(OP.MOVI, a, 0, 0, 0, value);
  }

  move(a: Register, b: Register): this {
    return this.emit(OP.MOV, a, b);
  }

  arithmetic(op: Arithmetic, a: Register, b: Register, c: Register): this {
    return this.emit(OP[op], a, b, c);
  }

  addImmediate(a: Register, b: Register, displacement: number): this {
    return this.emit(OP.ADDI, a, b, 0, displacement);
  }

  /** Loads into, or stores from, register a at [base + displacement]. */
  access(op: Access, a: Register, base: Register, displacement: number): this {
    return this.emit(OP[op], a, base, 0, displacement);
  }

  /** a := the address of a label. */
  loadAddress(a: Register, label: string): this {
    this.refer(label);
    return this.emit(OP.LEA, a);
  }

  jump(label: string): this {
    this.refer(label);
    return this.emit(OP.JMP);
  }

  branch(op: Branch, b: Register, c: Register, label: string): this {
    this.refer(label);
    return this.emit(OP[op], 0, b, c);
  }

  random(a: Register): this {
    return this.emit(OP.RANDOM, a);
  }

  pageFill(address: Register, generation: Register): this {
    return this.emit(OP.PAGEFILL, 0, address, generation);
  }

  pageCheck(result: Register, address: Register, generation: Register): this {
    return this.emit(OP.PAGECHECK, result, address, generation);
  }

  service(number: number): this {
    return this.emit(OP.SERVICE, 0, 0, 0, number);
  }

  block(milliseconds: Register): this {
    return this.emit(OP.BLOCK, 0, milliseconds);
  }

  shutdown(reason: Register): this {
    return this.emit(OP.SHUTDOWN, 0, reason);
  }

  /** The text, whole pages; unused space is UNDEFINED instructions. */
  finish(): Uint8Array {
    const view = new DataView(this.bytes.buffer);
    for (const { at, label } of this.fixups) {
      const target = this.labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      view.setInt32(at + 4, target - at, true);
    }
    return this.bytes.slice(0, Math.ceil(this.at / PAGE_SIZE) * PAGE_SIZE);
  }

  offsetOf(label: string): number {
    const at = this.labels.get(label);
    if (at === undefined) throw new Error(`no label ${label}`);
    return at;
  }

  private refer(label: string): void {
    this.signPage();
    this.fixups.push({ at: this.at, label });
  }

  private emit(op: number, a = 0, b = 0, c = 0, displacement = 0, immediate = 0): this {
    this.signPage();
    const view = new DataView(this.bytes.buffer, this.at, INSTRUCTION_SIZE);
    view.setUint8(0, op);
    view.setUint8(1, a);
    view.setUint8(2, b);
    view.setUint8(3, c);
    view.setInt32(4, displacement, true);
    view.setBigUint64(8, BigInt(immediate), true);
    this.at += INSTRUCTION_SIZE;
    return this;
  }

  private signPage(): void {
    if (this.at % PAGE_SIZE !== 0) return;
    if (this.at === this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(Buffer.from(PAGE_SIGNATURE, 'latin1'), this.at);
    this.at += INSTRUCTION_SIZE;
  }
}
