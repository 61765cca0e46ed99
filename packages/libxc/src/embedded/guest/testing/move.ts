import { PAGE_SIZE } from '../../../hypervisor/frames.js';
import { HVM_PARAM } from '../../../x86/hvm-params.js';
import { pvLayout } from '../../../x86/layout.js';
import { PV64_REGISTERS } from '../../../x86/registers.js';
import { startInfoBoot } from '../../../x86/start-info.js';
import { wordsOf } from '../../../x86/words.js';
import { PV_VIRT_BASE } from '../load-layout.js';
import { BareMachine } from './bare-machine.js';

const { startInfo: START_INFO, vcpuContext: CONTEXT } = pvLayout(8);
const PRESENT = 1;

/**
 * What a migration does to a suspended guest, by hand: every frame has another number on the machine that it comes to,
 * and only what the formats carry comes along. What save and restore do is tested with them; this is for the kernel's
 * own part in it.
 *
 * @param step of the new machine's frames
 */
export function moveGuest(from: BareMachine, step: number): BareMachine {
  const to = new BareMachine(from.kind, from.vcpus, 16384, step);
  const pfns = [...from.frameOfPfn].filter(([, mfn]) => mfn !== from.sharedInfoMfn).map(([pfn]) => pfn);
  for (const pfn of pfns) to.populate(pfn);
  for (const pfn of pfns) to.page(pfn).set(from.page(pfn));
  for (const [vcpu, context] of from.contexts) to.contexts.set(vcpu, Uint8Array.from(context));
  if (from.kind === 'pv') movePv(from, to, pfns);
  else moveHvm(from, to);
  return to;
}

function moveHvm(from: BareMachine, to: BareMachine): void {
  for (const index of [HVM_PARAM.STORE_PFN, HVM_PARAM.CONSOLE_PFN]) {
    const pfn = from.params.get(index) ?? 0n;
    to.params.set(index, pfn);
    to.page(Number(pfn)).fill(0);
  }
}

function movePv(from: BareMachine, to: BareMachine, pfns: readonly number[]): void {
  const moved = (mfn: number) => to.frameOfPfn.get(pfnIn(from, mfn)) ?? fail(`mfn ${mfn} is no frame of the guest's`);
  const contexts = [...to.contexts.values()].map((context) => new DataView(context.buffer));
  const tables = new Set<number>();
  for (const context of contexts) {
    collectTables(from, Number(context.getBigUint64(PV64_REGISTERS.cr3, true)) / PAGE_SIZE, 4, tables);
  }
  for (const mfn of tables) translate(to.frame(moved(mfn)), moved);
  for (const context of contexts) {
    const root = Number(context.getBigUint64(PV64_REGISTERS.cr3, true)) / PAGE_SIZE;
    context.setBigUint64(PV64_REGISTERS.cr3, BigInt(moved(root) * PAGE_SIZE), true);
  }
  const first = contexts[0] ?? fail('no vcpu');
  const startInfoPfn = pfnIn(from, Number(first.getBigUint64(CONTEXT.dx, true)));
  first.setBigUint64(CONTEXT.dx, BigInt(to.frameOfPfn.get(startInfoPfn) ?? 0), true);
  const page = to.page(startInfoPfn);
  const startInfo = new DataView(page.buffer, page.byteOffset, PAGE_SIZE);
  for (const field of [START_INFO.storeFrame, START_INFO.consoleFrame]) {
    const mfn = to.frameOfPfn.get(Number(startInfo.getBigUint64(field, true)));
    startInfo.setBigUint64(field, BigInt(mfn ?? fail('a ring in start_info is no pfn')), true);
  }
  startInfo.setBigUint64(START_INFO.sharedInfo, BigInt(to.sharedInfoMfn * PAGE_SIZE), true);
  startInfo.setUint32(START_INFO.flags, 0, true);
  const p2m = (Number(startInfo.getBigUint64(startInfoBoot(8).mfnList, true)) - PV_VIRT_BASE) / PAGE_SIZE;
  for (const pfn of pfns) writeEntry(to.page(p2m + Math.floor(pfn / 512)), pfn % 512, to.frameOfPfn.get(pfn) ?? 0);
}

function collectTables(from: BareMachine, mfn: number, level: number, found: Set<number>): void {
  if (found.has(mfn)) return;
  found.add(mfn);
  if (level === 1) return;
  const words = wordsOf(from.frame(mfn));
  for (let i = 0; i < 512; i++) {
    if (((words[i * 2] ?? 0) & PRESENT) !== 0) collectTables(from, frameIn(words, i), level - 1, found);
  }
}

function translate(table: Uint8Array, moved: (mfn: number) => number): void {
  const words = wordsOf(table);
  for (let i = 0; i < 512; i++) {
    const low = words[i * 2] ?? 0;
    if ((low & PRESENT) === 0) continue;
    words[i * 2] = ((moved(frameIn(words, i)) << 12) | (low & 0xfff)) >>> 0;
  }
}

function frameIn(words: Uint32Array, entry: number): number {
  return ((words[entry * 2 + 1] ?? 0) & 0xf_ffff) * 2 ** 20 + ((words[entry * 2] ?? 0) >>> 12);
}

function writeEntry(leaf: Uint8Array, entry: number, mfn: number): void {
  new DataView(leaf.buffer, leaf.byteOffset, PAGE_SIZE).setBigUint64(entry * 8, BigInt(mfn), true);
}

function pfnIn(machine: BareMachine, mfn: number): number {
  return machine.pfnOfFrame.get(mfn) ?? fail(`mfn ${mfn} is no frame of the guest's`);
}

function fail(message: string): never {
  throw new Error(message);
}
