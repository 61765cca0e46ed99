import { REG } from '../isa.js';
import { ACTION, RESUMED } from '../kernel-data.js';
import { connectHvm } from './boot-hvm.js';
import { findRings, mapSharedInfoPv, unmapSharedInfoPv } from './boot-pv.js';
import { takeEvents, unmaskEvents } from './events.js';
import type { Kernel } from './kernel.js';
import { announceP2m } from './p2m.js';
import { mfnOf } from './pv-memory.js';
import { connectXenstore, resetXenstore, writeXenstore } from './xenstore.js';

/** What SCHEDOP_shutdown answers when the suspend was cancelled, or the domain goes on where it is. */
const CANCELLED = 1;

/**
 * The guest's side of the suspend protocol, just before the hypercall: nothing may be left in memory that names a frame
 * of this host and is not known as such to the toolstack. start_info's rings become pfns, shared_info is unmapped, and
 * the mfn of start_info goes along in rdx.
 */
export function beforeSuspend(kernel: Kernel): void {
  takeEvents(kernel);
  if (kernel.get('paravirtual') === 0) return;
  const startInfo = kernel.get('startInfo');
  rewriteRings(kernel, startInfo, kernel.pv().mfnToPfn);
  unmapSharedInfoPv(kernel);
  kernel.context.registers.set(REG.rdx, mfnOf(kernel, kernel.pfnOfAddress(startInfo)));
}

/** @param answer what the hypercall said */
export function afterSuspend(kernel: Kernel, answer: number): void {
  kernel.space.flush();
  kernel.set('action', ACTION.none);
  kernel.set('resumedAs', answer === CANCELLED ? RESUMED.cancelled : RESUMED.newDomain);
  kernel.set('epoch', kernel.get('epoch') + 1);
  if (answer === CANCELLED) goOn(kernel);
  else arrive(kernel);
  kernel.set('stop', 0);
}

/** The same domain: what was undone is done again. */
function goOn(kernel: Kernel): void {
  if (kernel.get('paravirtual') === 0) return;
  rewriteRings(kernel, kernel.get('startInfo'), (pfn) => mfnOf(kernel, pfn));
  mapSharedInfoPv(kernel);
}

/** A new domain, perhaps on another host: other mfns, other ports, another xenstored that knows of no watch. */
function arrive(kernel: Kernel): void {
  if (kernel.get('paravirtual') === 1) {
    findRings(kernel);
    mapSharedInfoPv(kernel);
    announceP2m(kernel);
  } else {
    connectHvm(kernel);
  }
  resetXenstore(kernel);
  connectXenstore(kernel);
  announceSuspendPort(kernel);
}

/** Toolstacks may ask for a suspend through an event channel instead of xenstore: here is its port. */
export function announceSuspendPort(kernel: Kernel): void {
  const port = kernel.hypercalls.allocUnboundPort(0);
  kernel.set('suspendPort', port);
  writeXenstore(kernel, 'device/suspend/event-channel', String(port));
  unmaskEvents(kernel);
}

function rewriteRings(kernel: Kernel, startInfo: number, convert: (frame: number) => number): void {
  const { storeFrame, consoleFrame } = kernel.layout.startInfo;
  for (const field of [storeFrame, consoleFrame]) {
    kernel.writeWord(startInfo + field, convert(kernel.readWord(startInfo + field)));
  }
}
