import { STORE_REQUESTS, STORE_RESPONSES } from '../../../io/byte-ring.js';
import { GuestFault } from '../fault.js';
import { ACTION, AREA } from '../kernel-data.js';
import { print } from './console.js';
import type { Kernel } from './kernel.js';
import { dropRing, readFromRing, writeToRing } from './rings.js';

/** Message types and sizes of public/io/xs_wire.h. */
const XS = {
  READ: 2,
  WATCH: 4,
  TRANSACTION_START: 6,
  TRANSACTION_END: 7,
  WRITE: 11,
  WATCH_EVENT: 15,
  ERROR: 16,
} as const;
const HEADER = 16;
const PAYLOAD_MAX = 4096;

/** Request ids: what an answer is an answer to. Answers to plain writes need no more than being counted. */
const REQUEST = {
  write: 1,
  domid: 2,
  name: 3,
  watch: 4,
  begin: 5,
  read: 6,
  acknowledge: 7,
  commit: 8,
  abort: 9,
} as const;

const SHUTDOWN_PATH = 'control/shutdown';
const WATCH_TOKEN = 'shutdown';

/** What `control/shutdown` may ask for (docs/misc/xenstore-paths.pandoc). */
const ASKED: Readonly<Record<string, number>> = {
  suspend: ACTION.suspend,
  poweroff: ACTION.poweroff,
  halt: ACTION.poweroff,
  reboot: ACTION.reboot,
};

/** Connects: own domid and name are asked for, the watch is set, the features are announced. */
export function connectXenstore(kernel: Kernel): void {
  send(kernel, XS.READ, REQUEST.domid, 0, 'domid\0');
  send(kernel, XS.READ, REQUEST.name, 0, 'name\0');
  send(kernel, XS.WATCH, REQUEST.watch, 0, `${SHUTDOWN_PATH}\0${WATCH_TOKEN}\0`);
  for (const feature of ['suspend', 'poweroff', 'reboot']) writeXenstore(kernel, `control/feature-${feature}`, '1');
}

/** Paths are below the domain's own. */
export function writeXenstore(kernel: Kernel, path: string, value: string): void {
  send(kernel, XS.WRITE, REQUEST.write, 0, `${path}\0${value}`);
}

/** Nothing is on its way in either direction. */
export function xenstoreIdle(kernel: Kernel): boolean {
  return kernel.get('xsOutstanding') === 0 && kernel.get('xsSendHead') === kernel.get('xsSendTail');
}

/** A ring that another host's xenstored serves from now on: half of a message, and answers to nobody, are forgotten. */
export function resetXenstore(kernel: Kernel): void {
  dropRing(kernel.space, kernel.get('store'), STORE_RESPONSES);
  dropRing(kernel.space, kernel.get('store'), STORE_REQUESTS);
  for (const field of ['xsOutstanding', 'xsReceived', 'xsTransaction', 'xsBusy', 'xsRetry'] as const)
    kernel.set(field, 0);
  kernel.set('xsSendTail', kernel.get('xsSendHead'));
}

/** Moves what there is in both directions and acts on whole messages. */
export function pumpXenstore(kernel: Kernel): void {
  if (kernel.get('store') === 0) return;
  const received = receiveSome(kernel);
  const sent = sendSome(kernel);
  if (received || sent) kernel.hypercalls.notify(kernel.get('storePort'));
}

function send(kernel: Kernel, type: number, request: number, transaction: number, payload: string): void {
  const body = Buffer.from(payload, 'utf8');
  const message = Buffer.alloc(HEADER + body.length);
  message.writeUInt32LE(type, 0);
  message.writeUInt32LE(request, 4);
  message.writeUInt32LE(transaction, 8);
  message.writeUInt32LE(body.length, 12);
  body.copy(message, HEADER);
  const head = kernel.get('xsSendHead');
  const room = AREA.sendSize - (head - kernel.get('xsSendTail'));
  // Status that a stuck xenstored does not take is of no use later either.
  if (message.length > room) return;
  for (let i = 0; i < message.length; ) {
    const at = (head + i) % AREA.sendSize;
    const count = Math.min(message.length - i, AREA.sendSize - at);
    kernel.space.writeBytes(kernel.base + AREA.send + at, message.subarray(i, i + count));
    i += count;
  }
  kernel.set('xsSendHead', head + message.length);
  kernel.set('xsOutstanding', kernel.get('xsOutstanding') + 1);
}

function sendSome(kernel: Kernel): boolean {
  const tail = kernel.get('xsSendTail');
  const waiting = kernel.get('xsSendHead') - tail;
  if (waiting === 0) return false;
  const at = tail % AREA.sendSize;
  const length = Math.min(waiting, AREA.sendSize - at, STORE_REQUESTS.size);
  const bytes = kernel.space.readBytes(kernel.base + AREA.send + at, length);
  const sent = writeToRing(kernel.space, kernel.get('store'), STORE_REQUESTS, bytes);
  kernel.set('xsSendTail', tail + sent);
  return sent > 0;
}

function receiveSome(kernel: Kernel): boolean {
  let any = false;
  for (;;) {
    const received = kernel.get('xsReceived');
    const wanted = received < HEADER ? HEADER - received : HEADER + payloadLength(kernel) - received;
    if (wanted > 0) {
      const bytes = readFromRing(kernel.space, kernel.get('store'), STORE_RESPONSES, wanted);
      if (bytes.length === 0) return any;
      kernel.space.writeBytes(kernel.base + AREA.receive + received, bytes);
      kernel.set('xsReceived', received + bytes.length);
      any = true;
    }
    const have = kernel.get('xsReceived');
    if (have < HEADER || have < HEADER + payloadLength(kernel)) continue;
    const message = Buffer.from(kernel.space.readBytes(kernel.base + AREA.receive, have));
    kernel.set('xsReceived', 0);
    handle(kernel, message);
  }
}

function payloadLength(kernel: Kernel): number {
  const length = kernel.space.read32(kernel.base + AREA.receive + 12);
  if (length > PAYLOAD_MAX) throw new GuestFault('PANIC', `xenstored sent a message of ${length} bytes`);
  return length;
}

function handle(kernel: Kernel, message: Buffer): void {
  const type = message.readUInt32LE(0);
  const request = message.readUInt32LE(4);
  const text = message.toString('utf8', HEADER).replace(/\0$/, '');
  if (type === XS.WATCH_EVENT) {
    // A watch fires once when it is set, and for each change: what is asked for is then read.
    if (text.split('\0')[1] === WATCH_TOKEN) beginTransaction(kernel);
    return;
  }
  kernel.set('xsOutstanding', Math.max(0, kernel.get('xsOutstanding') - 1));
  answer(kernel, request, text, type === XS.ERROR);
}

function answer(kernel: Kernel, request: number, text: string, failed: boolean): void {
  switch (request) {
    case REQUEST.domid:
      if (!failed) kernel.set('domid', Number(text));
      return;
    case REQUEST.name:
      if (!failed) keepName(kernel, text);
      return;
    case REQUEST.watch:
      if (failed) print(kernel, `selfcheck: xenstore does not let us watch ${SHUTDOWN_PATH}: ${text}`);
      return;
    case REQUEST.begin:
      if (failed) endTransaction(kernel);
      else readAsked(kernel, Number(text));
      return;
    case REQUEST.read:
      askedFor(kernel, failed ? '' : text);
      return;
    case REQUEST.acknowledge:
      if (failed) print(kernel, `selfcheck: xenstore does not let us acknowledge in ${SHUTDOWN_PATH}: ${text}`);
      return;
    case REQUEST.commit:
      // EAGAIN: someone wrote meanwhile (a toolstack that gave up waiting): look again.
      kernel.set('xsRetry', failed ? 1 : kernel.get('xsRetry'));
      if (!failed) kernel.set('action', kernel.get('xsAsked'));
      endTransaction(kernel);
      return;
    case REQUEST.abort:
      endTransaction(kernel);
      return;
  }
}

/** Reads `control/shutdown` in a transaction, so that acknowledging and a toolstack's taking back can't cross. */
function beginTransaction(kernel: Kernel): void {
  if (kernel.get('xsBusy') === 1) {
    kernel.set('xsRetry', 1);
    return;
  }
  kernel.set('xsBusy', 1);
  kernel.set('xsRetry', 0);
  send(kernel, XS.TRANSACTION_START, REQUEST.begin, 0, '\0');
}

function readAsked(kernel: Kernel, transaction: number): void {
  kernel.set('xsTransaction', transaction);
  send(kernel, XS.READ, REQUEST.read, transaction, `${SHUTDOWN_PATH}\0`);
}

function endTransaction(kernel: Kernel): void {
  kernel.set('xsBusy', 0);
  kernel.set('xsTransaction', 0);
  if (kernel.get('xsRetry') === 1) beginTransaction(kernel);
}

function askedFor(kernel: Kernel, text: string): void {
  const transaction = kernel.get('xsTransaction');
  const action = Object.hasOwn(ASKED, text) ? ASKED[text] : undefined;
  if (action === undefined) {
    if (text !== '') print(kernel, `selfcheck: ${SHUTDOWN_PATH} asks for '${text}', which this kernel does not know`);
    send(kernel, XS.TRANSACTION_END, REQUEST.abort, transaction, 'F\0');
    return;
  }
  kernel.set('xsAsked', action);
  send(kernel, XS.WRITE, REQUEST.acknowledge, transaction, `${SHUTDOWN_PATH}\0`);
  send(kernel, XS.TRANSACTION_END, REQUEST.commit, transaction, 'T\0');
}

function keepName(kernel: Kernel, name: string): void {
  const bytes = Buffer.from(name, 'utf8').subarray(0, AREA.nameSize);
  kernel.space.writeBytes(kernel.base + AREA.name, bytes);
  kernel.set('nameLength', bytes.length);
}

export function domainName(kernel: Kernel): string {
  return Buffer.from(kernel.space.readBytes(kernel.base + AREA.name, kernel.get('nameLength'))).toString('utf8');
}
