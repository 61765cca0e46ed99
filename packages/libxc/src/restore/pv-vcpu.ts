import { type LibxcRecord, pageTableLevel } from '@xen-migration/stream-format';
import { allDone } from '../all-done.js';
import { isTableRefusal } from '../hypervisor/errors.js';
import { INVALID_FRAME } from '../hypervisor/frames.js';
import { foldCr3, unfoldCr3 } from '../x86/cr3.js';
import { GDT_ENTRIES_PER_FRAME, MAX_GDT_ENTRIES, type PvLayout, VGCF_ONLINE } from '../x86/layout.js';
import { readFrame, readWord, writeU32, writeWord } from '../x86/words.js';
import { markConsoleDisconnected } from './console-ring.js';
import type { EarlyPins } from './early-pins.js';
import { hexPfn, RestoreFault } from './errors.js';
import type { RestoredGuest, RestoreTarget } from './guest-type.js';
import { dataFrame, ownFrame, type PvMemory } from './pv-memory.js';

export type VcpuRecord = Extract<
  LibxcRecord,
  { type: 'X86_PV_VCPU_BASIC' | 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_XSAVE' | 'X86_PV_VCPU_MSRS' }
>;

interface VcpuState {
  basic?: Uint8Array;
  extended?: Uint8Array;
  xsave?: Uint8Array;
  msrs?: Uint8Array;
}

/** Bytes of the extended context that the hypervisor's operation has room for. */
const MAX_EXTENDED = 128;
/** xcr0 and xcr0_accum, which precede the XSAVE area. */
const MIN_XSAVE = 16;
const MSR_ENTRY = 16;

/** The vcpus' state as the stream brings it: kept until all memory is there. */
export class VcpuStates {
  private readonly states: VcpuState[];

  constructor(count: number) {
    this.states = Array.from({ length: count }, () => ({}));
  }

  /** The last record of a kind counts. */
  take({ type, vcpu, data }: VcpuRecord, layout: PvLayout): void {
    const state = this.states[vcpu];
    if (state === undefined) {
      throw new RestoreFault('BAD_RECORD', `state of vcpu ${vcpu}; the domain has ${this.states.length}`, { vcpu });
    }
    // Old senders wrote records without content.
    if (data.length === 0) return;
    const bad = (rule: string) =>
      new RestoreFault('BAD_RECORD', `vcpu ${vcpu}: ${type} of ${data.length} bytes, must be ${rule}`, { vcpu });
    const kept = Uint8Array.from(data);
    switch (type) {
      case 'X86_PV_VCPU_BASIC':
        if (data.length !== layout.vcpuContext.size) throw bad(`${layout.vcpuContext.size}`);
        state.basic = kept;
        break;
      case 'X86_PV_VCPU_EXTENDED':
        if (data.length > MAX_EXTENDED) throw bad(`at most ${MAX_EXTENDED}`);
        state.extended = kept;
        break;
      case 'X86_PV_VCPU_XSAVE':
        if (data.length < MIN_XSAVE) throw bad(`at least ${MIN_XSAVE}`);
        state.xsave = kept;
        break;
      case 'X86_PV_VCPU_MSRS':
        if (data.length % MSR_ENTRY !== 0) throw bad(`a multiple of ${MSR_ENTRY}`);
        state.msrs = kept;
        break;
    }
  }

  *[Symbol.iterator](): Generator<readonly [vcpu: number, state: VcpuState]> {
    for (let vcpu = 0; vcpu < this.states.length; vcpu++) yield [vcpu, this.states[vcpu]!];
  }
}

/** Loads every vcpu that the stream brought. @returns the frames of the rings that start_info names */
export async function restoreVcpus(
  target: RestoreTarget,
  memory: PvMemory,
  states: VcpuStates,
  earlyPins: EarlyPins,
): Promise<RestoredGuest> {
  const { hypervisor, info } = target;
  const warnings: string[] = [];
  const rest: (() => Promise<void>)[] = [];
  let rings: Rings | undefined;
  for (const [vcpu, { basic, extended, xsave, msrs }] of states) {
    if (basic !== undefined) {
      if (vcpu === 0) rings = await rewriteStartInfo(target, memory, basic);
      framesToMfns(basic, vcpu, memory);
      await loadContext(target, vcpu, basic, earlyPins);
    } else if (vcpu === 0) {
      throw new RestoreFault('ORDER', 'the stream has no X86_PV_VCPU_BASIC for vcpu 0');
    }
    if (extended !== undefined) rest.push(() => hypervisor.setVcpuExtendedContext(info.domid, vcpu, extended));
    if (xsave !== undefined) rest.push(() => hypervisor.setVcpuXsave(info.domid, vcpu, xsave));
    if (msrs !== undefined) rest.push(() => hypervisor.setVcpuMsrs(info.domid, vcpu, msrs));
    if (basic !== undefined && xsave === undefined && memory.layout.width === 8) warnings.push(noXsaveWarning(vcpu));
  }
  // The guest stands still: none of these waits for the answer to another.
  await allDone(rest.map((load) => load()));
  return { storeGfn: rings?.store, consoleGfn: rings?.console, warnings };
}

function noXsaveWarning(vcpu: number): string {
  return `vcpu ${vcpu} comes without XSAVE state: a guest that used it (any current Linux) may crash when it runs on`;
}

/** Loading validates the page tables from the vcpu's root down, so a bad one shows here. */
async function loadContext(
  target: RestoreTarget,
  vcpu: number,
  context: Uint8Array,
  earlyPins: EarlyPins,
): Promise<void> {
  const { hypervisor, info } = target;
  try {
    await hypervisor.setVcpuContext(info.domid, vcpu, context);
  } catch (e) {
    if (!isTableRefusal(e)) throw e;
    // A frame may have been a table once and be none any more.
    if ((await earlyPins.release()) > 0) return loadContext(target, vcpu, context, earlyPins);
    throw new RestoreFault('PAGE_TABLES', `vcpu ${vcpu} with its page tables was refused: ${e.message}`, {
      vcpu,
      cause: e,
    });
  }
}

// --- start_info

interface Rings {
  readonly store: number;
  readonly console: number;
}

/**
 * A guest suspends with its start_info frame in edx, in which it has replaced the mfns of its two rings by pfns; it
 * expects both turned back, and what belongs to the new domain filled in.
 */
async function rewriteStartInfo(target: RestoreTarget, memory: PvMemory, context: Uint8Array): Promise<Rings> {
  const { layout } = memory;
  const { width, vcpuContext } = layout;
  const pfn = readFrame(context, vcpuContext.dx, width);
  const mfn = dataFrame(memory, pfn, 'start_info (in edx of vcpu 0)', 'BAD_VCPU');
  writeWord(context, vcpuContext.dx, width, BigInt(mfn));

  const { hypervisor, info } = target;
  const mapping = await hypervisor.mapForeign(info.domid, Float64Array.of(mfn), 'write');
  try {
    if (mapping.errors[0] !== 0) {
      throw new RestoreFault('MAP_FAILED', `start_info at pfn ${hexPfn(pfn)} can't be mapped`, { pfn, mfn });
    }
    const rings = fillStartInfo(mapping.page(0), target, memory);
    await markDisconnected(target, rings.console);
    return rings;
  } finally {
    await mapping.unmap();
  }
}

function fillStartInfo(page: Uint8Array, { info, store, console }: RestoreTarget, memory: PvMemory): Rings {
  const { startInfo: at, width } = memory.layout;
  const ringFrame = (offset: number, what: string): number => {
    const mfn = ownFrame(memory, readFrame(page, offset, width), `${what} in start_info`, 'BAD_VCPU');
    writeWord(page, offset, width, BigInt(mfn));
    return mfn;
  };
  const sharedInfo = BigInt(info.sharedInfoFrame) << 12n;
  if (sharedInfo >> BigInt(width * 8) !== 0n) {
    throw new RestoreFault('BAD_VCPU', 'shared_info lies where a 32-bit guest has no address for it', {
      mfn: info.sharedInfoFrame,
    });
  }
  const rings = {
    store: ringFrame(at.storeFrame, 'xenstore ring'),
    console: ringFrame(at.consoleFrame, 'console ring'),
  };
  writeU32(page, at.storeEvtchn, store.port);
  writeU32(page, at.consoleEvtchn, console.port);
  writeWord(page, at.nrPages, width, BigInt(memory.space.p2m.maxPfn + 1));
  writeWord(page, at.sharedInfo, width, sharedInfo);
  writeU32(page, at.flags, 0);
  return rings;
}

/** A ring that can't be mapped is left for the console daemon to complain about. */
async function markDisconnected({ hypervisor, info }: RestoreTarget, ring: number): Promise<void> {
  const mapping = await hypervisor.mapForeign(info.domid, Float64Array.of(ring), 'write');
  try {
    if (mapping.errors[0] === 0) markConsoleDisconnected(mapping.page(0));
  } finally {
    await mapping.unmap();
  }
}

// --- registers

/** Replaces the pfns in a vcpu_guest_context by this host's frames; start_info has been dealt with. */
function framesToMfns(context: Uint8Array, vcpu: number, memory: PvMemory): void {
  const { width, levels, vcpuContext: at } = memory.layout;
  writeWord(context, at.flags, width, readWord(context, at.flags, width) | BigInt(VGCF_ONLINE));

  const gdtEntries = Number(readWord(context, at.gdtEntries, width));
  if (gdtEntries > MAX_GDT_ENTRIES) {
    throw new RestoreFault('BAD_VCPU', `vcpu ${vcpu}: ${gdtEntries} GDT entries, at most ${MAX_GDT_ENTRIES}`, { vcpu });
  }
  for (let i = 0; i < Math.ceil(gdtEntries / GDT_ENTRIES_PER_FRAME); i++) {
    const offset = at.gdtFrames + i * width;
    const pfn = readFrame(context, offset, width);
    writeWord(context, offset, width, BigInt(dataFrame(memory, pfn, `vcpu ${vcpu}: GDT frame ${i}`, 'BAD_VCPU')));
  }

  const root = (pfn: number, what: string): number => {
    const type = pfn === INVALID_FRAME ? 0 : memory.types.get(pfn);
    if (pageTableLevel(type) === levels) return ownFrame(memory, pfn, `vcpu ${vcpu}: ${what}`, 'BAD_VCPU');
    const text = `vcpu ${vcpu}: ${what} is pfn ${hexPfn(pfn)} of page type ${type}, not a level-${levels} table`;
    throw new RestoreFault('BAD_VCPU', text, { vcpu, pfn });
  };
  const cr3 = unfoldCr3(readWord(context, at.cr3, width), width);
  writeWord(context, at.cr3, width, foldCr3(root(cr3, 'cr3'), width));

  if (width === 4) return;
  const cr1 = readWord(context, at.cr1, width);
  // Bit 0: there is one.
  if ((cr1 & 1n) === 0n) return;
  writeWord(context, at.cr1, width, BigInt(root(Number(cr1 >> 12n), 'the user page table (cr1)')) << 12n);
}
