import { beforeEach, describe, expect, test } from 'vitest';
import { PAGE_SIZE } from '../../hypervisor/frames.js';
import { PV32_REGISTERS, PV64_REGISTERS } from '../../x86/registers.js';
import { AddressSpace } from './address-space.js';
import { Assembler } from './assembler.js';
import { Cpu } from './cpu.js';
import { GuestFault } from './fault.js';
import { PAGE_MATCHES, REG } from './isa.js';
import { Registers } from './registers.js';
import { BareMachine } from './testing/bare-machine.js';
import { FlatTranslator, PvTranslator } from './translators.js';
import { heldBecause } from './vcpu.js';

const { rax, rbx, rcx, rdx } = REG;
const TEXT = 0x4000;
const DATA = 0x8000;
const RW = 0x67;
const RO = 0x65;

/** Runs until the vcpu asks to block, which is how these programs end. */
function run(space: AddressSpace, registers: Registers, program: Assembler, write: (text: Uint8Array) => void): void {
  write(program.block(rax).finish());
  registers.rip = TEXT;
  let stop = false;
  new Cpu(registers, space, {
    stopRequested: () => stop,
    waitEvent: () => {
      stop = true;
    },
    service: (number) => number + 1,
    shutdown: () => undefined,
  }).run();
}

describe('instructions', () => {
  let machine: BareMachine;
  let registers: Registers;
  let space: AddressSpace;
  const execute = (program: Assembler) =>
    run(space, registers, program, (text) => machine.page(TEXT / PAGE_SIZE).set(text));

  beforeEach(() => {
    machine = new BareMachine('hvm', 1, 64, 7);
    machine.populate(TEXT / PAGE_SIZE);
    machine.populate(DATA / PAGE_SIZE);
    machine.page(DATA / PAGE_SIZE).fill(0);
    registers = new Registers(new Uint8Array(5168), PV64_REGISTERS);
    space = new AddressSpace(new FlatTranslator(machine.cpuView()));
  });

  test('arithmetic is exact up to 2^53 and faults beyond', () => {
    execute(
      new Assembler()
        .moveImmediate(rax, 0x1f_ffff_ffff_ffff)
        .moveImmediate(rbx, 0x10_0000)
        .arithmetic('SUB', rcx, rax, rbx)
        .arithmetic('REM', rdx, rax, rbx),
    );
    expect(registers.get(rcx)).toBe(2 ** 53 - 1 - 0x10_0000);
    expect(registers.get(rdx)).toBe(0xf_ffff);
    const big = () => new Assembler().moveImmediate(rax, 2 ** 53 - 1).moveImmediate(rbx, 0);
    expect(() => execute(big().addImmediate(rax, rax, 1))).toThrow(/leaves the numbers/);
    expect(() => execute(big().arithmetic('SUB', rax, rbx, rax))).toThrow(/leaves the numbers/);
    expect(() => execute(big().arithmetic('REM', rax, rax, rbx))).toThrow(/leaves the numbers/);
  });

  test('loads, stores, branches and services do what they say; stores mark their page dirty', () => {
    execute(
      new Assembler()
        .moveImmediate(rbx, DATA)
        .moveImmediate(rax, 0x12_3456_789a)
        .access('ST64', rax, rbx, 8)
        .access('LD32', rcx, rbx, 12)
        .label('loop')
        .addImmediate(rcx, rcx, -1)
        .moveImmediate(rdx, 3)
        .branch('JGE', rcx, rdx, 'loop')
        .service(41)
        .access('ST32', rax, rbx, 0),
    );
    expect(registers.get(rcx)).toBe(2);
    expect(Buffer.from(machine.page(DATA / PAGE_SIZE)).readUInt32LE(0)).toBe(42);
    expect(Buffer.from(machine.page(DATA / PAGE_SIZE)).readBigUInt64LE(8)).toBe(0x12_3456_789an);
    expect([...machine.dirty]).toEqual([DATA / PAGE_SIZE]);
  });

  test('a page is filled and checked', () => {
    const program = () => new Assembler().moveImmediate(rbx, DATA).moveImmediate(rcx, 5).pageCheck(rdx, rbx, rcx);
    execute(new Assembler().moveImmediate(rbx, DATA).moveImmediate(rcx, 5).pageFill(rbx, rcx));
    execute(program());
    expect(registers.get(rdx)).toBe(PAGE_MATCHES);
    const page = machine.page(DATA / PAGE_SIZE);
    page[4000] = (page[4000] ?? 0) ^ 0x80;
    execute(program());
    expect(registers.get(rdx)).toBe(1000);
  });

  test('a long program crosses its page signatures', () => {
    machine.populate(TEXT / PAGE_SIZE + 1);
    const program = new Assembler().moveImmediate(rax, 0);
    for (let i = 0; i < 300; i++) program.addImmediate(rax, rax, 1);
    const at = TEXT / PAGE_SIZE;
    run(space, registers, program, (text) => {
      machine.page(at).set(text.subarray(0, PAGE_SIZE));
      machine.page(at + 1).set(text.subarray(PAGE_SIZE));
    });
    expect(registers.get(rax)).toBe(300);
  });

  test.each([
    ['no memory', new Assembler().moveImmediate(rbx, 0x10_0000).access('LD32', rax, rbx, 0), 'PAGE'],
    ['a wild address', new Assembler().moveImmediate(rbx, 2 ** 50).access('ST32', rax, rbx, 0), 'PAGE'],
    ['an unaligned one', new Assembler().moveImmediate(rbx, DATA + 2).access('LD64', rax, rbx, 0), 'ALIGNMENT'],
    ['running off the text', new Assembler().jump('end').labelEnd('end'), 'PAGE'],
  ])('%s is a fault', (_what, program, kind) => {
    expect(() => execute(program)).toThrow(expect.objectContaining({ name: 'GuestFault', kind }));
  });

  test('a register that holds more than a number can is a fault, not a rounded address', () => {
    const context = new Uint8Array(5168).fill(0xff);
    expect(() => new Registers(context, PV64_REGISTERS).get(rax)).toThrow(GuestFault);
  });
});

describe('page walks of PV guests', () => {
  const VIRTUAL = 0x12_3456_7000;
  let machine: BareMachine;
  let space: AddressSpace;
  /** mfns of the tables, by level; index 0: the page itself. */
  let chain: number[];

  const entryOf = (level: number) => Math.floor(VIRTUAL / 2 ** (12 + 9 * (level - 1))) % 512;
  function setEntry(level: number, mfn: number, flags: number): void {
    const table = machine.frame(chain[level] ?? 0);
    const value = (BigInt(mfn) << 12n) | BigInt(flags);
    new DataView(table.buffer, table.byteOffset).setBigUint64(entryOf(level) * 8, value, true);
    space.flush();
  }

  beforeEach(() => {
    machine = new BareMachine('pv', 1, 64, 7);
    chain = [0, 1, 2, 3, 4].map((pfn) => machine.populate(pfn));
    for (const mfn of chain) machine.frame(mfn).fill(0);
    space = new AddressSpace(new PvTranslator(machine.cpuView(), () => chain[4] ?? 0));
    for (const level of [1, 2, 3, 4]) setEntry(level, chain[level - 1] ?? 0, RW);
  });

  test('reach the frame that the tables name, and log-dirty hears its pfn', () => {
    space.write32(VIRTUAL + 16, 77);
    expect(machine.frame(chain[0] ?? 0)[16]).toBe(77);
    expect([...machine.dirty]).toEqual([0]);
  });

  test.each([1, 2, 3, 4])('an entry of level %d that is not present is a fault', (level) => {
    setEntry(level, chain[level - 1] ?? 0, 0);
    expect(() => space.read32(VIRTUAL)).toThrow(`is not mapped (level ${level})`);
  });

  test.each([1, 2, 3, 4])('an entry of level %d that is read-only forbids writes, not reads', (level) => {
    setEntry(level, chain[level - 1] ?? 0, RO);
    expect(space.read32(VIRTUAL)).toBe(0);
    expect(() => space.write32(VIRTUAL, 1)).toThrow('mapped read-only');
  });

  test('an entry that names no frame is a fault that says so', () => {
    setEntry(2, 0xabcde, RW);
    expect(() => space.read32(VIRTUAL)).toThrow('name mfn 0xabcde');
  });

  test('a superpage is a fault', () => {
    setEntry(2, chain[1] ?? 0, RW | 0x80);
    expect(() => space.read32(VIRTUAL)).toThrow('superpage');
  });

  test('translations are kept until they are flushed', () => {
    expect(space.read32(VIRTUAL)).toBe(0);
    const other = machine.populate(9);
    machine.frame(other).fill(1);
    const table = machine.frame(chain[1] ?? 0);
    new DataView(table.buffer, table.byteOffset).setBigUint64(
      entryOf(1) * 8,
      (BigInt(other) << 12n) | BigInt(RW),
      true,
    );
    expect(space.read32(VIRTUAL)).toBe(0);
    space.flushPage(VIRTUAL);
    expect(space.read32(VIRTUAL)).toBe(0x0101_0101);
  });
});

describe('heldBecause', () => {
  test('a vcpu at embedded code is not held, at anything else it is', () => {
    const machine = new BareMachine('hvm', 1, 64, 7);
    machine.populate(4);
    machine.contexts.set(0, new Uint8Array(1032));
    const vcpu = machine.vcpu(0);
    new DataView(vcpu.context.buffer).setBigUint64(640, 0x4020n, true);
    expect(heldBecause(vcpu)).toBe('x86 code, which the embedded host cannot execute');
    machine.page(4).set(new Assembler().block(rax).finish());
    expect(heldBecause(vcpu)).toBeUndefined();
    new DataView(vcpu.context.buffer).setBigUint64(640, 0xffff_ffff_8100_0000n, true);
    expect(heldBecause(vcpu)).toContain('x86 code');
  });

  test('a 32-bit PV guest of x86 code is held', () => {
    const machine = new BareMachine('pv', 1, 64, 7);
    machine.contexts.set(0, new Uint8Array(2800));
    expect(heldBecause({ ...machine.vcpu(0), width: 4 })).toContain('x86 code');
  });
});

test("a 32-bit guest's registers hold 32 bits, those that it does not have hold all", () => {
  const registers = new Registers(new Uint8Array(2800), PV32_REGISTERS);
  for (let register = 0; register < 16; register++) registers.set(register, 0xffff_fff0 + register);
  registers.rip = 0xc010_0010;
  for (let register = 0; register < 16; register++) expect(registers.get(register)).toBe(0xffff_fff0 + register);
  expect(registers.rip).toBe(0xc010_0010);
  expect(() => registers.set(REG.rdx, 2 ** 32)).toThrow(GuestFault);
  registers.set(REG.r15, 2 ** 52);
  expect(registers.get(REG.r15)).toBe(2 ** 52);
});
