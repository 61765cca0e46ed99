import { buildDomain } from '../../../build/index.js';
import { INVALID_FRAME, PAGE_SIZE } from '../../../hypervisor/frames.js';
import { CONSOLE_IN, CONSOLE_OUT, ringRead, ringWrite } from '../../../io/byte-ring.js';
import { HVM_PARAM } from '../../../x86/hvm-params.js';
import { pvLayout } from '../../../x86/layout.js';
import { readFrame, readWord, wordsOf } from '../../../x86/words.js';
import { builtinKernel } from '../builtin.js';
import { parseKernelImage } from '../image.js';
import { AREA, VCPU, VCPU_SIZE } from '../kernel-data.js';
import { KERNEL_PFN } from '../load-layout.js';
import { BareMachine } from './bare-machine.js';
import { BareStore } from './bare-store.js';
import { moveGuest } from './move.js';

export interface BareGuestOptions {
  readonly kind: 'pv' | 'hvm';
  readonly cmdline: string;
  readonly vcpus?: number;
}

const MEMORY_KIB = 32 * 1024;
/** The guest's memory, and as much again. */
const MACHINE_FRAMES = 16384;
const STORE_PORT = 1;
const CONSOLE_PORT = 2;
/** Turns of all vcpus between looks at the rings. */
const SLICE = 5;

/** A selfcheck guest on a bare machine, with its rings served. */
export class BareGuest {
  /** What it wrote on its console so far. */
  text = '';

  constructor(
    readonly machine: BareMachine,
    readonly store: BareStore,
    private readonly console: Uint8Array,
  ) {}

  static async build(options: BareGuestOptions, given?: BareMachine): Promise<BareGuest> {
    const { kind, cmdline, vcpus = 1 } = options;
    const machine = given ?? new BareMachine(kind, vcpus, MACHINE_FRAMES, 4099);
    const built = await buildDomain({
      hypervisor: machine.hypervisor(),
      domid: 1,
      kind,
      memoryKib: MEMORY_KIB,
      kernel: builtinKernel('selfcheck'),
      cmdline,
      vcpus,
      store: { port: STORE_PORT, domid: 0 },
      console: { port: CONSOLE_PORT, domid: 0 },
    });
    const store = new BareStore(machine.pageOfGfn(built.storeGfn), 1, 'guest');
    return new BareGuest(machine, store, machine.pageOfGfn(built.consoleGfn));
  }

  /** Pages it has rewritten so far, from its own counters. */
  writes(): number {
    return this.writesOfVcpus().reduce((sum, n) => sum + n, 0);
  }

  /** All memory is filled, and every vcpu is at work. */
  atWork(): boolean {
    return this.writesOfVcpus().every((n) => n > 0);
  }

  private writesOfVcpus(): number[] {
    const kernel = parseKernelImage(builtinKernel('selfcheck'));
    const data = KERNEL_PFN + kernel.text.length / PAGE_SIZE;
    return Array.from({ length: this.machine.vcpus }, (_, vcpu) => {
      const at = AREA.vcpus + vcpu * VCPU_SIZE + VCPU.writes;
      return Number(readWord(this.machine.page(data + Math.floor(at / PAGE_SIZE)), at % PAGE_SIZE, 8));
    });
  }

  /** The suspended guest on another machine: other frames, rings served by others, under another domid. */
  moved(domid: number, step: number): BareGuest {
    const machine = moveGuest(this.machine, step);
    const [store, console] = ringPfns(machine);
    const served = new BareStore(machine.page(store), domid, 'guest');
    return new BareGuest(machine, served, machine.page(console));
  }

  /** Runs until `until` is true or the domain is shut down. @throws Error when that takes too long */
  run(until: () => boolean): void {
    const end = performance.now() + 20_000;
    while (!until() && this.machine.shutdown === undefined) {
      if (performance.now() > end) throw new Error(`the guest did not get there; its console: ${this.text}`);
      this.machine.run(SLICE);
      this.serve();
    }
  }

  runUntil(text: string): void {
    this.run(() => this.text.includes(text));
  }

  /** As someone at the console types. */
  type(text: string): void {
    ringWrite({ bytes: this.console, words: wordsOf(this.console) }, CONSOLE_IN, Buffer.from(text));
  }

  serve(): void {
    this.store.serve();
    const ring = { bytes: this.console, words: wordsOf(this.console) };
    this.text += Buffer.from(ringRead(ring, CONSOLE_OUT, CONSOLE_OUT.size)).toString('utf8');
  }
}

function ringPfns(machine: BareMachine): [store: number, console: number] {
  if (machine.kind === 'hvm') {
    return [Number(machine.params.get(HVM_PARAM.STORE_PFN)), Number(machine.params.get(HVM_PARAM.CONSOLE_PFN))];
  }
  const { startInfo, vcpuContext } = pvLayout(8);
  const context = machine.contexts.get(0) ?? new Uint8Array(vcpuContext.size);
  const page = machine.frame(readFrame(context, vcpuContext.dx, 8));
  const pfnOf = (field: number) => machine.pfnOfFrame.get(readFrame(page, field, 8)) ?? INVALID_FRAME;
  return [pfnOf(startInfo.storeFrame), pfnOf(startInfo.consoleFrame)];
}
