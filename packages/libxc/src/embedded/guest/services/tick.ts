import { REG } from '../isa.js';
import { ACTION, RESUMED } from '../kernel-data.js';
import { churn } from './churn.js';
import { consoleIdle, print, pumpConsole, typedLines } from './console.js';
import { takeEvents } from './events.js';
import type { Kernel } from './kernel.js';
import { lostPages, reportLost } from './lost.js';
import { NEXT } from './numbers.js';
import { domainName, pumpXenstore, writeXenstore, xenstoreIdle } from './xenstore.js';

/** Pages between two ticks at most: how long rings wait while the guest works. */
const BATCH = 64;
const SECOND = 1_000_000;
/** Milliseconds that a vcpu with nothing to write sleeps at most; vcpu 0 looks at the rings meanwhile. */
const MAX_SLEEP = 50;
/** Microseconds after which a guest that goes down no longer waits for its last words to be read. */
const LAST_WORDS = 2 * SECOND;
const SHUTDOWN = { poweroff: 0, reboot: 1, crash: 3 } as const;

interface Turn {
  readonly next: number;
  /** Pages to write. */
  readonly pages: number;
  /** Milliseconds to wait, or the reason of a shutdown. */
  readonly value: number;
}

const wait = (milliseconds: number): Turn => ({ next: NEXT.work, pages: 0, value: milliseconds });

/** @returns rax: pages to write now */
export function tick(kernel: Kernel): number {
  const vcpu = kernel.context.vcpu;
  const turn = vcpu === 0 ? firstVcpu(kernel) : otherVcpu(kernel, vcpu);
  kernel.context.registers.set(REG.rcx, turn.next);
  kernel.context.registers.set(REG.rdx, turn.value);
  return turn.pages;
}

function otherVcpu(kernel: Kernel, vcpu: number): Turn {
  if (kernel.getVcpu(vcpu, 'lostPage') !== 0) return wait(MAX_SLEEP);
  if (kernel.get('stop') === 1) return { next: NEXT.park, pages: 0, value: 0 };
  return work(kernel, vcpu);
}

function firstVcpu(kernel: Kernel): Turn {
  pumpRings(kernel);
  const now = kernel.context.now();
  if (lostPages(kernel) > 0) return goDown(kernel, now, () => reportLost(kernel), SHUTDOWN.crash);
  greet(kernel);
  switch (kernel.get('action')) {
    case ACTION.suspend:
      return suspend(kernel);
    case ACTION.poweroff:
      return goDown(kernel, now, () => print(kernel, 'selfcheck: powering off'), SHUTDOWN.poweroff);
    case ACTION.reboot:
      return goDown(kernel, now, () => print(kernel, 'selfcheck: rebooting'), SHUTDOWN.reboot);
    default:
  }
  announceResume(kernel);
  sayStatus(kernel, now);
  churn(kernel, now);
  return work(kernel, 0);
}

/** vcpu 0: the rings alone. */
export function pumpRings(kernel: Kernel): void {
  if (takeEvents(kernel)) kernel.set('action', ACTION.suspend);
  pumpXenstore(kernel);
  pumpConsole(kernel);
  for (const line of typedLines(kernel)) {
    print(kernel, `selfcheck: you typed '${line}'; ${status(kernel)}`);
  }
}

/** Every other vcpu parks, and no xenstore request is under way: then the guest can be frozen. */
function suspend(kernel: Kernel): Turn {
  kernel.set('stop', 1);
  for (let vcpu = 1; vcpu < kernel.get('vcpus'); vcpu++) if (kernel.getVcpu(vcpu, 'parked') !== 1) return wait(1);
  return xenstoreIdle(kernel) ? { next: NEXT.suspend, pages: 0, value: 0 } : wait(1);
}

/** Says why, once, and goes down when that has been read. */
function goDown(kernel: Kernel, now: number, say: () => void, reason: number): Turn {
  if (kernel.get('lastWords') === 0) {
    kernel.set('lastWords', now + 1);
    say();
    pumpRings(kernel);
  }
  const waited = now - kernel.get('lastWords');
  const heard = consoleIdle(kernel) && xenstoreIdle(kernel);
  // A wait that went wrong with the clock (another host's) is over.
  if (!heard && waited < LAST_WORDS && waited > -LAST_WORDS) return wait(2);
  return { next: NEXT.shutdown, pages: 0, value: reason };
}

function greet(kernel: Kernel): void {
  if (kernel.get('greeted') === 1 || kernel.get('nameLength') === 0) return;
  kernel.set('greeted', 1);
  const kind = kernel.get('paravirtual') === 0 ? 'HVM' : kernel.width === 8 ? 'PV' : '32-bit PV';
  const memory = `${kernel.get('pages')} pages under check`;
  print(
    kernel,
    `selfcheck kernel: ${domainName(kernel)} (domain ${kernel.get('domid')}), ${kind}, ${kernel.get('vcpus')} vcpus, ${memory}`,
  );
  writeXenstore(kernel, 'data/selfcheck/state', 'running');
}

function announceResume(kernel: Kernel): void {
  const epoch = kernel.get('epoch');
  if (kernel.get('announced') === epoch || !xenstoreIdle(kernel)) return;
  for (let vcpu = 0; vcpu < kernel.get('vcpus'); vcpu++) if (kernel.getVcpu(vcpu, 'epoch') !== epoch) return;
  kernel.set('announced', epoch);
  const where = kernel.get('resumedAs') === RESUMED.cancelled ? 'suspend cancelled on' : 'resumed on';
  print(kernel, `selfcheck: ${where} ${kernel.get('domid')}, all ${kernel.get('pages')} pages intact`);
  writeXenstore(kernel, 'data/selfcheck/state', 'running');
  writeXenstore(kernel, 'data/selfcheck/resumes', String(epoch));
}

/** The pages of this vcpu were all checked. */
export function pagesChecked(kernel: Kernel): void {
  kernel.setVcpu(kernel.context.vcpu, 'epoch', kernel.get('epoch'));
}

function sayStatus(kernel: Kernel, now: number): void {
  const since = now - kernel.get('lastStatus');
  if (since >= 0 && since < kernel.get('statusEvery')) return;
  kernel.set('lastStatus', now);
  print(kernel, `selfcheck: ${status(kernel)}`);
  // Status that xenstored has not taken yet is not repeated.
  if (xenstoreIdle(kernel)) writeXenstore(kernel, 'data/selfcheck/writes', String(writes(kernel)));
}

function status(kernel: Kernel): string {
  return `${writes(kernel)} writes, ${lostPages(kernel)} lost`;
}

function writes(kernel: Kernel): number {
  let sum = 0;
  for (let vcpu = 0; vcpu < kernel.get('vcpus'); vcpu++) sum += kernel.getVcpu(vcpu, 'writes');
  return sum;
}

function work(kernel: Kernel, vcpu: number): Turn {
  if (kernel.getVcpu(vcpu, 'epoch') !== kernel.get('epoch')) return { next: NEXT.checkAll, pages: 0, value: 0 };
  const rate = kernel.get('rate') / kernel.get('vcpus');
  if (rate === 0) return { next: NEXT.work, pages: BATCH, value: 0 };
  return paced(kernel, vcpu, rate);
}

/** As many pages as the rate (per second, of this vcpu) has allowed since the last tick; the budget is in page-microseconds. */
function paced(kernel: Kernel, vcpu: number, rate: number): Turn {
  const now = kernel.context.now();
  // Time that was spent stopped, or on a host with another clock, earns nothing.
  const elapsed = Math.min(Math.max(now - kernel.getVcpu(vcpu, 'budgetAt'), 0), SECOND / 10);
  const budget = Math.min(
    kernel.getVcpu(vcpu, 'budget') + Math.round(elapsed * rate),
    Math.round(Math.max(rate / 10, 1) * SECOND),
  );
  const pages = Math.min(BATCH, Math.floor(budget / SECOND));
  kernel.setVcpu(vcpu, 'budgetAt', now);
  kernel.setVcpu(vcpu, 'budget', budget - pages * SECOND);
  const sleep = Math.ceil((SECOND - (budget % SECOND)) / rate / 1000);
  return { next: NEXT.work, pages, value: Math.min(Math.max(sleep, 1), MAX_SLEEP) };
}
