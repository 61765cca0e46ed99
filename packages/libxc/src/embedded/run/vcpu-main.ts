import type { MessagePort } from 'node:worker_threads';
import { HypervisorError } from '../../hypervisor/errors.js';
import { entriesOf, ON_DEMAND } from '../domains/hvm-p2m.js';
import type { Hypercalls } from '../guest/hypercalls.js';
import { runVcpu, type VcpuMachine } from '../guest/vcpu.js';
import { MachineToPhys } from '../memory/m2p.js';
import { MachineMemory } from '../memory/machine-memory.js';
import { ANSWER_TEXT, ANSWER_VALUE, CPU_TIME, DOMAIN_WORD, GO, PHYSMAP_FAULT, VCPU_WORD } from './control.js';
import { Throttle } from './throttle.js';
import type { VcpuData, VcpuMessage } from './vcpu-data.js';
import { waitWhile } from './wait-while.js';

/** Instructions between two accounts of the time that a vcpu executes without a pause. */
const ACCOUNT_EVERY = 256;

/** A vcpu's thread: executes when it may, parks when it is asked to stop. Never returns. */
export function vcpuMain(data: VcpuData, port: MessagePort): never {
  const vcpu = new VcpuThreadSide(data, port);
  for (;;) vcpu.turn();
}

class VcpuThreadSide {
  private readonly words: Int32Array<SharedArrayBuffer>;
  private readonly numbers: Float64Array;
  private readonly machine: VcpuMachine;
  private readonly throttle: Throttle;
  /** Wake-ups up to here were acted on. */
  private seen = 0;
  /** What was executed up to here is in CPU_TIME. */
  private accounted = 0;
  private sinceAccount = 0;

  constructor(
    private readonly data: VcpuData,
    private readonly port: MessagePort,
  ) {
    this.words = new Int32Array(data.control);
    this.numbers = new Float64Array(data.control);
    const domain = new Int32Array(data.domainControl);
    this.throttle = new Throttle(() => Atomics.load(domain, DOMAIN_WORD.vcpuCap));
    this.machine = this.makeMachine();
  }

  /** From one start to the next stop. */
  turn(): void {
    const { words } = this;
    waitWhile(words, VCPU_WORD.go, GO.parked);
    this.throttle.resumed();
    this.accounted = performance.now();
    while (Atomics.load(words, VCPU_WORD.go) === GO.run) runVcpu(this.machine);
    this.account();
    Atomics.store(words, VCPU_WORD.go, GO.parked);
    Atomics.store(words, VCPU_WORD.executing, 0);
    this.post({ stopped: true });
  }

  private makeMachine(): VcpuMachine {
    const { data } = this;
    const memory = MachineMemory.open(data.memory.path, data.memory.span);
    const m2p = new MachineToPhys(memory, data.m2pExtents);
    let p2m = entriesOf(data.p2m);
    const dirty = new Int32Array(data.logDirtyBitmap);
    const domain = new Int32Array(data.domainControl);
    return {
      kind: data.kind,
      width: data.width,
      vcpu: data.vcpu,
      context: new Uint8Array(data.context),
      hypercalls: this.makeHypercalls(),
      frame: (mfn) => memory.frame(mfn),
      gfnToMfn: (gfn) => {
        if (gfn >= p2m.length) p2m = entriesOf(data.p2m);
        if (p2m[gfn] === ON_DEMAND) this.hypercall(PHYSMAP_FAULT, [gfn]);
        const mfn = p2m[gfn];
        return mfn === undefined || mfn === 0 || mfn === ON_DEMAND ? -1 : mfn;
      },
      mfnToPfn: (mfn) => m2p.pfnOf(mfn),
      markDirty(pfn) {
        if (Atomics.load(domain, DOMAIN_WORD.logDirty) === 0 || pfn < 0) return;
        const index = pfn >>> 5;
        const bit = 1 << (pfn & 31);
        // Bits are only cleared while this thread is parked: one that is seen set stays set.
        if (index >= dirty.length || (dirty[index]! & bit) !== 0) return;
        const before = Atomics.or(dirty, index, bit);
        if ((before & bit) === 0) Atomics.add(domain, DOMAIN_WORD.faults, 1);
      },
      stopRequested: () => {
        if (Atomics.load(this.words, VCPU_WORD.go) !== GO.run) return true;
        if (++this.sinceAccount >= ACCOUNT_EVERY) this.account();
        const pause = this.throttle.pause();
        return pause > 0 && this.standStill(pause);
      },
      waitEvent: (milliseconds) => this.waitEvent(milliseconds),
    };
  }

  private account(): void {
    const now = performance.now();
    this.numbers[CPU_TIME / 8]! += now - this.accounted;
    this.accounted = now;
    this.sinceAccount = 0;
  }

  /** Other than events, only a stop ends it early. @returns whether the vcpu is to stop */
  private standStill(milliseconds: number): boolean {
    this.account();
    Atomics.wait(this.words, VCPU_WORD.go, GO.run, milliseconds);
    this.accounted = performance.now();
    this.throttle.resumed();
    return Atomics.load(this.words, VCPU_WORD.go) !== GO.run;
  }

  private waitEvent(milliseconds: number): void {
    const { words } = this;
    const now = Atomics.load(words, VCPU_WORD.wakeUps);
    if (now !== this.seen || Atomics.load(words, VCPU_WORD.go) !== GO.run) {
      this.seen = now;
      return;
    }
    this.account();
    Atomics.store(words, VCPU_WORD.blocked, 1);
    Atomics.wait(words, VCPU_WORD.wakeUps, now, milliseconds);
    Atomics.store(words, VCPU_WORD.blocked, 0);
    this.accounted = performance.now();
    this.throttle.resumed();
    this.seen = Atomics.load(words, VCPU_WORD.wakeUps);
  }

  private makeHypercalls(): Hypercalls {
    const call = (name: keyof Hypercalls, ...args: unknown[]) => this.hypercall(name, args);
    return {
      notify: (port) => void call('notify', port),
      allocUnboundPort: (remote) => call('allocUnboundPort', remote),
      log: (text) => void call('log', text),
      shutdown: (reason) => void call('shutdown', reason),
      vcpuCount: () => call('vcpuCount'),
      startVcpu: (vcpu, registers, rip) => void call('startVcpu', vcpu, registers, rip),
      decreaseReservation: (gfns) => call('decreaseReservation', gfns),
      mmuUpdate: (machineAddress, entry) => void call('mmuUpdate', machineAddress, entry),
      pin: (level, mfn) => void call('pin', level, mfn),
      unpin: (mfn) => void call('unpin', mfn),
      hvmParam: (index) => call('hvmParam', index),
      setHvmParam: (index, value) => void call('setHvmParam', index, value),
      mapSharedInfo: (gfn) => void call('mapSharedInfo', gfn),
    };
  }

  /** Hands a hypercall to the host's thread and waits for its answer. @throws HypervisorError when the host refuses it */
  private hypercall(call: string, args: readonly unknown[]): number {
    const { words } = this;
    Atomics.store(words, VCPU_WORD.answer, 0);
    this.post({ call, args });
    waitWhile(words, VCPU_WORD.answer, 0);
    if (Atomics.load(words, VCPU_WORD.answer) === 1) return this.numbers[ANSWER_VALUE / 8]!;
    throw new HypervisorError('EINVAL', call, undefined, this.answerText());
  }

  private answerText(): string {
    const length = words32(this.data.control)[ANSWER_TEXT / 4]!;
    // A copy: texts are not decoded from shared memory.
    return Buffer.from(Uint8Array.from(new Uint8Array(this.data.control, ANSWER_TEXT + 4, length))).toString('utf8');
  }

  private post(message: VcpuMessage): void {
    this.port.postMessage(message);
  }
}

function words32(buffer: SharedArrayBuffer): Int32Array<SharedArrayBuffer> {
  return new Int32Array(buffer);
}
