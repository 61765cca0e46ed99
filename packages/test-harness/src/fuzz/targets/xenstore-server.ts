import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ringRead,
  ringWrite,
  STORE_ERROR,
  STORE_REQUESTS,
  STORE_RESPONSES,
} from '../../../../libxc/src/io/byte-ring.js';
import { type TestHost, testHost } from '../../../../libxc/src/testing/hosts.js';
import { Xenstored } from '../../../../libxc/src/xenstore/server/xenstored.js';
import { RingGuest } from '../../../../libxc/src/xenstore/testing/ring-guest.js';
import {
  encodeMessage,
  encodeStrings,
  MessageAssembler,
  type MessageName,
  messageName,
  XS,
} from '../../../../libxc/src/xenstore/wire.js';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import type { OpenTarget, Outcome, Sample, Target } from '../target.js';
import { turns } from './peer-server.js';

const MEMORY_MIB = 64;
const PATHS = [
  '/',
  '/a',
  '/a/b',
  '/a/c',
  'b',
  'device/x',
  '/local/domain/1',
  '/local/domain/1/a',
  '/tool',
  '@releaseDomain',
];
const WORDS = [
  '\0',
  '\0\0',
  '/',
  '//',
  '@',
  '@introduceDomain\0',
  'n0\0',
  'b1\0',
  'r70000\0',
  '-1\0',
  '4294967296\0',
  'T\0',
  'F\0',
  ...PATHS,
];
const NAMES = Object.keys(XS) as MessageName[];

export const XENSTORE_SOCKET: Target = {
  name: 'xenstore-socket',
  about: 'requests to xenstored over its socket, which may do all: each whole one is answered, the tree stays whole',
  open: () => open('socket'),
};

export const XENSTORE_RING: Target = {
  name: 'xenstore-ring',
  about: "requests to xenstored over a guest's ring, which may do little: the same",
  open: () => open('ring'),
};

async function open(way: 'socket' | 'ring'): Promise<OpenTarget> {
  const host = await testHost(7, MEMORY_MIB);
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-xenstored-'));
  const socket = join(directory, 'socket');
  const guest = way === 'ring' ? await ringGuest(host, socket) : undefined;
  return {
    sample: async (random) => sampleOf(random),
    run: (input) => run({ host, socket, guest }, input),
    async close() {
      await guest?.leave();
      await host.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Surroundings {
  readonly host: TestHost;
  readonly socket: string;
  /** Whose ring it is; otherwise it is the socket that is spoken to. */
  readonly guest: RingGuest | undefined;
}

/** A domain that every xenstored to come is told of. */
async function ringGuest(host: TestHost, socket: string): Promise<RingGuest> {
  const first = await Xenstored.start({ hypervisor: host.host.connect(), socket });
  try {
    return await RingGuest.introduce(host, await first.connect());
  } finally {
    await first.close();
  }
}

/** Requests that every client may make, right or refused. */
function sampleOf(random: Choices): Sample {
  const parts: Uint8Array[] = [];
  let transactions = 0;
  for (let id = 1; id <= random.between(2, 12); id++) {
    const name = random.one(NAMES);
    if (name === 'TRANSACTION_START') transactions++;
    const transactionId = random.happens(0.3) ? random.between(0, transactions) : 0;
    const payload = encodeStrings(...wordsFor(name, random));
    parts.push(encodeMessage({ type: XS[name], requestId: id, transactionId, payload }));
  }
  return { parts, valid: true, words: WORDS };
}

function wordsFor(name: MessageName, random: Choices): string[] {
  const path = random.one(PATHS);
  switch (name) {
    case 'WRITE':
      return [path, 'x'.repeat(random.one([0, 1, 100, 2100]))];
    case 'WATCH':
    case 'UNWATCH':
      return [path, random.one(['t', 'u']), ...(random.happens(0.2) ? ['1'] : [])];
    case 'SET_PERMS':
      return [path, random.one(['n1', 'n0', 'b7']), ...(random.happens(0.5) ? ['r2'] : [])];
    case 'DIRECTORY_PART':
      return [path, random.one(['0', '2', '9999'])];
    case 'TRANSACTION_START':
      return [''];
    case 'TRANSACTION_END':
      return [random.one(['T', 'F'])];
    case 'CONTROL':
      return [random.one(['check', 'help', 'print'])];
    case 'INTRODUCE':
      return ['1', random.one(['5', '9999', '-1']), random.one(['1', '0'])];
    case 'RELEASE':
    case 'RESUME':
    case 'IS_DOMAIN_INTRODUCED':
    case 'GET_DOMAIN_PATH':
      return [random.one(['1', '0', '32752', '77'])];
    case 'SET_TARGET':
      return ['1', random.one(['2', '1'])];
    default:
      return [path];
  }
}

/** A new xenstored for each input: none finds what another one has left. */
async function run({ host, socket, guest }: Surroundings, input: Uint8Array): Promise<Outcome> {
  const log: string[] = [];
  const hypervisor = host.host.connect();
  const xenstored = await Xenstored.start({ hypervisor, socket, log: (text) => log.push(text) });
  try {
    const answers = guest === undefined ? await overSocket(socket, input) : await overRing(xenstored, guest, input);
    await checkServer(xenstored, log);
    return outcomeOf(answers, log, input);
  } finally {
    await xenstored.close();
    await hypervisor.close();
  }
}

async function checkServer(xenstored: Xenstored, log: readonly string[]): Promise<void> {
  // A fault of its own is answered with EIO, and logged with where it was thrown.
  const fault = log.find((line) => /^(after )?request \d+/.test(line));
  if (fault !== undefined) throw new Error(fault);
  const client = await xenstored.connect();
  const report = await client.control('check');
  await client.close();
  if (report !== 'OK') throw new Error(`the tree is not whole: ${report}`);
}

/** The first request that was refused; cut off where the client was. */
function outcomeOf(answers: readonly Answer[], log: readonly string[], input: Uint8Array): Outcome {
  const cutOff = log.find((line) => line.includes('dropped') || line.includes('not served any more'));
  if (cutOff !== undefined) return { refused: /limit/.test(cutOff) ? 'message too long' : 'not served' };
  const asked = [...new MessageAssembler().push(input)].map(({ requestId }) => requestId);
  const ids = answersIn(answers).map(({ id }) => id);
  const same = ids.length === asked.length && asked.every((id, i) => id === ids[i]);
  if (!same) throw new Error(`requests ${asked} were answered as ${ids}`);
  return 'accepted';
}

interface Answer {
  readonly type: number;
  readonly id: number;
}

const answersIn = (said: readonly Answer[]) => said.filter(({ type }) => type !== XS.WATCH_EVENT);

/** How many there are, up to one that is too long. */
function wholeRequests(input: Uint8Array): number {
  let count = 0;
  try {
    for (const _message of new MessageAssembler().push(input)) count++;
  } catch {
    // Where the server stops as well.
  }
  return count;
}

async function overSocket(path: string, input: Uint8Array): Promise<Answer[]> {
  const socket = connect({ path });
  const assembler = new MessageAssembler();
  const answers: Answer[] = [];
  socket.on('data', (bytes) => take(answers, assembler, bytes));
  // Where it is cut off what is still to be sent goes nowhere.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const piece of piecesOf(input)) {
    if (socket.destroyed) break;
    socket.write(piece);
    await turns(1);
  }
  socket.end();
  await closed;
  return answers;
}

function take(answers: Answer[], assembler: MessageAssembler, bytes: Uint8Array): void {
  for (const { type, requestId, payload } of assembler.push(bytes)) {
    if (messageName(type) === undefined) throw new Error(`an answer of type ${type}`);
    if (type === XS.ERROR && !/^E[A-Z0-9]+\0$/.test(Buffer.from(payload).toString('latin1'))) {
      throw new Error(`an error that is none: ${Buffer.from(payload).toString('latin1')}`);
    }
    answers.push({ type, id: requestId });
  }
}

/** Turns of the event loop without a sign of the server, after which nothing more is waited for. */
const PATIENCE = 2000;

async function overRing(xenstored: Xenstored, guest: RingGuest, input: Uint8Array): Promise<Answer[]> {
  const store = await xenstored.connect();
  const home = `/local/domain/${guest.domid}`;
  await store.mkdir(home);
  await store.setPermissions(home, [`n${guest.domid}`]);
  await guest.introduce(store);
  const expected = wholeRequests(input);
  const assembler = new MessageAssembler();
  const answers: Answer[] = [];
  const waiting = piecesOf(input);
  for (let idle = 0; idle < PATIENCE && guest.word(STORE_ERROR) === 0; idle++) {
    const [piece] = waiting;
    const put = piece === undefined ? 0 : ringWrite(guest.page, STORE_REQUESTS, piece);
    if (put === piece?.length) waiting.shift();
    else if (put > 0) waiting[0] = waiting[0]!.subarray(put);
    guest.kick();
    await turns(1);
    const got = ringRead(guest.page, STORE_RESPONSES, STORE_RESPONSES.size);
    take(answers, assembler, got);
    if (put > 0 || got.length > 0) idle = 0;
    if (waiting.length === 0 && answersIn(answers).length >= expected) break;
  }
  await store.close();
  return answers;
}
