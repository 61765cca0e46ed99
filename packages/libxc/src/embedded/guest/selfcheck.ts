import { Assembler } from './assembler.js';
import { encodeKernelImage } from './image.js';
import { PAGE_MATCHES, REG, type Register } from './isa.js';
import { AREA, KERNEL, type KernelField, PATTERN, VCPU, type VcpuField } from './kernel-data.js';
import { NEXT, SERVICE } from './services/numbers.js';

const { rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15 } = REG;

/** Registers that hold the same all along. */
const KERNEL_BASE = rbp;
const VCPU_BASE = rbx;
const PAGE_BYTES = r12;
const MATCHES = r13;
const ZERO = r14;

const SHUTDOWN_SUSPEND = 2;
/** Milliseconds between looks of a parked vcpu. */
const PARK_INTERVAL = 5;
/** Pages between looks at the rings while all memory is filled or checked. */
const PUMP_INTERVAL = 256;

/**
 * The selfcheck kernel: fills its memory with content made from page and generation, then for ever picks a page, checks
 * all of it, and writes its next generation. Generations are kept in guest memory, so a page that comes back from a
 * migration with an old generation, or with parts of two, is noticed at its next use, and all pages are checked once
 * right after each resume.
 */
class Selfcheck {
  private readonly out = new Assembler();
  private labels = 0;

  image(name: string, width: 4 | 8): Uint8Array {
    this.boot();
    this.fillShare();
    this.mainLoop();
    this.writeOnePage();
    this.turns();
    this.checkShare();
    const text = this.out.labelEnd('data').finish();
    return encodeKernelImage({
      name,
      width,
      text,
      zeroPages: AREA.pages,
      entryOffset: this.out.offsetOf('entry'),
    });
  }

  private boot(): void {
    this.out.label('entry').loadAddress(KERNEL_BASE, 'data').loadAddress(rcx, 'secondary');
    this.toKernel(rcx, 'secondaryEntry');
    this.out.service(SERVICE.boot).moveImmediate(rdi, 0);
    // Other vcpus start here, with rdi and the kernel's base set by vcpu 0.
    this.out.label('secondary');
    this.out.moveImmediate(ZERO, 0).moveImmediate(MATCHES, PAGE_MATCHES).moveImmediate(PAGE_BYTES, 4096);
    this.out.service(SERVICE.claim);
  }

  private fillShare(): void {
    const { out } = this;
    out.moveImmediate(r8, 0).moveImmediate(rdx, 1);
    this.fromVcpu(rsi, 'count');
    out.label('fill').branch('JGE', r8, rsi, 'filled');
    this.locatePage();
    out.pageFill(r10, rdx).access('ST32', rdx, r11, 0);
    this.nextPage('fill');
    out.label('filled').moveImmediate(rax, 1);
    this.toVcpu(rax, 'ready');
  }

  private mainLoop(): void {
    const { out } = this;
    out.label('loop').service(SERVICE.tick);
    out.branch('JNE', rcx, ZERO, 'turn').branch('JEQ', rax, ZERO, 'idle').move(r15, rax).jump('write');
    out.label('idle').block(rdx).jump('loop');
  }

  /** Chooses a page of the share (r8), checks it against its generation and writes the next. r15: how many more. */
  private writeOnePage(): void {
    const { out } = this;
    out.label('write');
    this.fromKernel(rcx, 'pattern');
    this.fromVcpu(rsi, 'rewrite');
    out.moveImmediate(rdi, PATTERN.sweep).branch('JEQ', rcx, rdi, 'sweep');
    this.fromVcpu(r8, 'random');
    out.random(r8).moveImmediate(rdi, PATTERN.hot).branch('JNE', rcx, rdi, 'whole');
    // Nine writes in ten go to the hot tenth.
    out.moveImmediate(rdi, 10).arithmetic('REM', rcx, r8, rdi).random(r8).branch('JEQ', rcx, ZERO, 'whole');
    this.fromVcpu(rsi, 'hot');
    out.label('whole');
    this.toVcpu(r8, 'random');
    out.arithmetic('REM', r8, r8, rsi).jump('chosen');
    out.label('sweep');
    this.fromVcpu(r8, 'cursor');
    out.addImmediate(rdi, r8, 1).arithmetic('REM', rdi, rdi, rsi);
    this.toVcpu(rdi, 'cursor');

    out.label('chosen');
    this.locatePage();
    out.access('LD32', rdx, r11, 0).pageCheck(rax, r10, rdx).branch('JNE', rax, MATCHES, 'lost');
    out.addImmediate(rdx, rdx, 1).pageFill(r10, rdx).access('ST32', rdx, r11, 0);
    this.fromVcpu(rax, 'writes');
    out.addImmediate(rax, rax, 1);
    this.toVcpu(rax, 'writes');
    out.addImmediate(r15, r15, -1).branch('JNE', r15, ZERO, 'write').jump('loop');
  }

  /** What tick asks for other than work. */
  private turns(): void {
    const { out } = this;
    out.label('turn');
    out.moveImmediate(rdi, NEXT.park).branch('JEQ', rcx, rdi, 'park');
    out.moveImmediate(rdi, NEXT.suspend).branch('JEQ', rcx, rdi, 'suspend');
    out.moveImmediate(rdi, NEXT.checkAll).branch('JEQ', rcx, rdi, 'checkAll');
    out.label('shutdown').shutdown(rdx).jump('shutdown');

    out.label('park').moveImmediate(rax, 1);
    this.toVcpu(rax, 'parked');
    out.label('parked').moveImmediate(rdx, PARK_INTERVAL).block(rdx);
    this.fromKernel(rax, 'stop');
    out.branch('JNE', rax, ZERO, 'parked');
    this.toVcpu(ZERO, 'parked');
    out.jump('loop');

    // The shutdown's third argument is in rdx (beforeSuspend), its answer in rax.
    out.label('suspend').service(SERVICE.beforeSuspend).moveImmediate(rdi, SHUTDOWN_SUSPEND).shutdown(rdi);
    out.move(rdi, rax).service(SERVICE.afterSuspend).jump('loop');

    out.label('lost').service(SERVICE.lost).jump('loop');
  }

  private checkShare(): void {
    const { out } = this;
    out.label('checkAll').moveImmediate(r8, 0);
    this.fromVcpu(rsi, 'count');
    out.label('check').branch('JGE', r8, rsi, 'checked');
    this.locatePage();
    out.access('LD32', rdx, r11, 0).pageCheck(rax, r10, rdx).branch('JNE', rax, MATCHES, 'lost');
    this.nextPage('check');
    out.label('checked').service(SERVICE.checked).jump('loop');
  }

  /** Of page r8 of the share: r10 := its address, r11 := the address of its generation. Uses r9, rdi. */
  private locatePage(): void {
    const { out } = this;
    const high = this.newLabel();
    const join = this.newLabel();
    this.fromVcpu(r9, 'first');
    out.arithmetic('ADD', r9, r9, r8);
    this.fromKernel(r11, 'lowPages');
    out.branch('JGE', r9, r11, high).move(rdi, r9);
    this.fromKernel(r10, 'lowAddress');
    out.jump(join).label(high).arithmetic('SUB', rdi, r9, r11);
    this.fromKernel(r10, 'highAddress');
    out.label(join).arithmetic('MUL', rdi, rdi, PAGE_BYTES).arithmetic('ADD', r10, r10, rdi);
    this.fromKernel(r11, 'generations');
    out.moveImmediate(rdi, 4).arithmetic('MUL', rdi, r9, rdi).arithmetic('ADD', r11, r11, rdi);
  }

  private nextPage(loop: string): void {
    const { out } = this;
    out.addImmediate(r8, r8, 1).moveImmediate(rdi, PUMP_INTERVAL).arithmetic('REM', rdi, r8, rdi);
    out.branch('JNE', rdi, ZERO, loop).service(SERVICE.pump).jump(loop);
  }

  private fromKernel(register: Register, field: KernelField): void {
    this.out.access('LD64', register, KERNEL_BASE, KERNEL[field]);
  }

  private toKernel(register: Register, field: KernelField): void {
    this.out.access('ST64', register, KERNEL_BASE, KERNEL[field]);
  }

  private fromVcpu(register: Register, field: VcpuField): void {
    this.out.access('LD64', register, VCPU_BASE, VCPU[field]);
  }

  private toVcpu(register: Register, field: VcpuField): void {
    this.out.access('ST64', register, VCPU_BASE, VCPU[field]);
  }

  private newLabel(): string {
    this.labels += 1;
    return `.${this.labels}`;
  }
}

/** The same program for 64-bit (and HVM) and for 32-bit PV guests. */
export const selfcheckImage = (): Uint8Array => new Selfcheck().image('selfcheck', 8);
export const selfcheck32Image = (): Uint8Array => new Selfcheck().image('selfcheck32', 4);
