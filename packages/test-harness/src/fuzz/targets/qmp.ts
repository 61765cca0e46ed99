import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIBXL_ERROR, QmpClient, type QmpRequest } from '@xen-migration/libxl';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import { type OpenTarget, type Outcome, refusal, type Sample, type Target } from '../target.js';
import { JSON_WORDS } from './json-words.js';
import { PeerServer, turns } from './peer-server.js';

/** What the client asks, in this order; the ids of its requests count from 1, which is the negotiation. */
const REQUESTS: readonly QmpRequest[] = [
  { execute: 'query-status' },
  { execute: 'query-migrate' },
  { execute: 'xen-set-global-dirty-log', arguments: { enable: true } },
  { execute: 'stop' },
];
const WORDS = [
  ...JSON_WORDS,
  ...['\r\n', '\n', '"id": 1', '"id": 2', '"id": "2"', '"return": ', '"event": "STOP"', '"QMP": {}', '"status": 7'],
  ...['"error": {"class": "GenericError", "desc": "no"}', '"class": "CommandNotFound"'],
];
/** Between two pieces, and before a peer goes on that is not asked any more. */
const TURNS = 2;
const IDLE_TURNS = 20;

export const QMP: Target = {
  name: 'qmp',
  about: "a QEMU's words to the QMP client: greeting, replies, events; every request ends",
  open,
};

async function open(): Promise<OpenTarget> {
  const directory = mkdtempSync(join(tmpdir(), 'fuzz-qmp-'));
  const path = join(directory, 'socket');
  const server = await PeerServer.listen(path);
  return {
    sample: async (random) => sampleOf(random),
    run: (input) => run(server, path, input),
    async close() {
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function sampleOf(random: Choices): Sample {
  const version = { qemu: { major: 7, minor: random.between(0, 2), micro: 22 }, package: 'Debian 1:7.2' };
  const messages: unknown[] = [{ QMP: { version, capabilities: ['oob'] } }];
  const answers = [
    {},
    { status: random.one(['running', 'paused', 'save-vm']), running: random.happens(0.5), singlestep: false },
    random.happens(0.5) ? {} : { status: 'completed' },
    {},
    {},
  ];
  for (const [i, answer] of answers.entries()) {
    if (random.happens(0.3)) messages.push(eventOf(random));
    // The status is what the client insists upon.
    const isRefused = i > 1 && random.happens(0.2);
    const refused = { class: random.one(['GenericError', 'CommandNotFound', 'New']), desc: 'no' };
    messages.push(isRefused ? { error: refused, id: i + 1 } : { return: answer, id: i + 1 });
  }
  const end = random.one(['\r\n', '\n']);
  return {
    parts: messages.map((message) => Buffer.from(`${JSON.stringify(message)}${end}`)),
    valid: true,
    words: WORDS,
  };
}

function eventOf(random: Choices) {
  return {
    timestamp: { seconds: random.between(0, 2 ** 31), microseconds: 5 },
    event: random.one(['STOP', 'RESUME', 'SHUTDOWN']),
    ...(random.happens(0.5) ? { data: { guest: true } } : {}),
  };
}

async function run(server: PeerServer, path: string, input: Uint8Array): Promise<Outcome> {
  let speaking: Promise<void> = Promise.resolve();
  server.onConnection((socket) => {
    speaking = speak(socket, input);
  });
  try {
    return await converse(path);
  } finally {
    await speaking;
  }
}

/** All requests, whatever became of those before; accepted where the connection lasted. */
async function converse(path: string): Promise<Outcome> {
  let client: QmpClient;
  try {
    client = await QmpClient.connect(path);
  } catch (e) {
    return refused(e);
  }
  let outcome: Outcome = 'accepted';
  client.onEvent(({ name, data }) => {
    if (typeof name !== 'string' || typeof data !== 'object' || data === null)
      throw new Error('an event of another form');
  });
  for (const request of REQUESTS) {
    try {
      if (request.execute === 'query-status') await client.status();
      else if (request.execute === 'query-migrate') await client.migration();
      else await client.execute(request);
    } catch (e) {
      const failed = refused(e);
      // What QEMU refuses by its own words is an answer.
      if (!isAnswer(failed)) outcome = outcome === 'accepted' ? failed : outcome;
    }
  }
  client.close();
  return outcome;
}

function isAnswer(outcome: Outcome): boolean {
  return (
    outcome !== 'accepted' &&
    (outcome.refused.startsWith('ERROR_QMP_') || outcome.refused === 'ERROR_UNKNOWN_QMP_ERROR')
  );
}

function refused(e: unknown): Outcome {
  const outcome = refusal(e, 'LibxlError');
  if (outcome === 'accepted') return outcome;
  if (!(outcome.refused in LIBXL_ERROR)) throw e;
  // The peer always ends: nobody waits as long as that.
  if (outcome.refused === 'ERROR_TIMEDOUT') throw e;
  return outcome;
}

/** Says the input, a reply each time that it is asked, and goes on when nobody asks; then it hangs up. */
async function speak(socket: Socket, input: Uint8Array): Promise<void> {
  let asked = 0;
  let over = false;
  socket.on('data', () => {
    asked++;
  });
  socket.on('error', () => {});
  socket.once('close', () => {
    over = true;
  });
  for (const [i, turn] of turnsOf(input).entries()) {
    for (let idle = 0; asked < i && idle < IDLE_TURNS && !over; idle++) await turns(1);
    for (const piece of piecesOf(turn)) {
      if (over) break;
      socket.write(piece);
      await turns(TURNS);
    }
  }
  for (let idle = 0; idle < IDLE_TURNS && !over; idle++) await turns(1);
  socket.destroy();
}

/** The greeting, and up to a reply each. */
function turnsOf(input: Uint8Array): Uint8Array[] {
  const lines = Buffer.from(input)
    .toString('latin1')
    .split(/(?<=\n)/);
  const found: string[] = [''];
  for (const [i, line] of lines.entries()) {
    found[found.length - 1] += line;
    if (i === 0 || /"(return|error)"/.test(line)) found.push('');
  }
  return found.filter((text) => text !== '').map((text) => Buffer.from(text, 'latin1'));
}
