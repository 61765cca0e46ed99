import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Carrier,
  encodeAcknowledge,
  encodeHeader,
  encodeHello,
  encodePing,
} from '../../../../libxl/src/link/carrier.js';
import { LinkEndpoint } from '../../../../libxl/src/link/endpoint.js';
import { CHANNEL, ENCODING, FRAME, FRAME_TYPE, HELLO, LINK_MAGIC } from '../../../../libxl/src/link/layouts.js';
import { compress } from '../../../../libxl/src/link/zstd.js';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import type { Outcome, Sample, Target } from '../target.js';
import { turns } from './peer-server.js';

const ID = Buffer.alloc(16, 7);
/** What this end has sent when the first connection comes: the peer may acknowledge it. */
const SENT = 2;
const PATIENCE_MS = 3000;

export const LINK: Target = {
  name: 'link',
  about:
    'what the other agent of a link says (--streams, --compress), over one connection after the other: delivered once, in order',
  open: async () => ({ sample: sampleOf, run, async close() {} }),
};

async function sampleOf(random: Choices): Promise<Sample> {
  const connections = random.between(1, 3);
  const parts: Buffer[] = [];
  let sequence = 0;
  let sent = 0;
  for (let n = 1; n <= connections; n++) {
    // Behind the first: what had been sent before it broke is sent again, or was delivered.
    if (n > 1) sequence = Math.max(0, sequence - random.between(0, 2));
    parts.push(encodeHello({ link: ID, expected: n === 1 ? 0 : SENT, zstd: random.happens(0.5) }));
    for (let frames = random.between(1, 6); frames > 0; frames--) parts.push(await dataFrame(sequence++, random));
    if (random.happens(0.5)) parts.push(encodePing(random.between(0, 60_000)));
    parts.push(encodeAcknowledge(SENT));
    // The end has a number of its own, behind all that was ever sent.
    sent = Math.max(sent, sequence);
    if (n === connections)
      parts.push(encodeHeader({ type: FRAME_TYPE.end, sequence: sent, value: random.one([0, 1, 255]) }));
  }
  return { parts, valid: true };
}

/** The contents of a frame follow from its number: what comes twice is the same. */
async function dataFrame(sequence: number, random: Choices): Promise<Buffer> {
  const block = contentsOf(sequence);
  const channel = sequence % 5 === 4 ? CHANNEL.text : CHANNEL.stream;
  const fields = { type: FRAME_TYPE.data, channel, sequence, value: block.length };
  if (random.happens(0.5)) return Buffer.concat([encodeHeader({ ...fields, size: block.length }), block]);
  const payload = await compress(block);
  return Buffer.concat([encodeHeader({ ...fields, encoding: ENCODING.zstd, size: payload.length }), payload]);
}

function contentsOf(sequence: number): Buffer {
  return Buffer.alloc((sequence * 37) % 3000, `frame ${sequence} `);
}

async function run(input: Uint8Array): Promise<Outcome> {
  const delivered: (Buffer | number)[] = [];
  const endpoint = new LinkEndpoint({
    id: ID,
    compress: true,
    delivery: {
      async data(channel, block) {
        if (typeof delivered.at(-1) === 'number') throw new Error('data was delivered behind the end');
        // Channels are the business of whoever takes them.
        if (channel >= 0) delivered.push(Buffer.concat(block));
      },
      async end(status) {
        delivered.push(status);
      },
    },
  });
  let fault: Error | undefined;
  const finished = endpoint.finished.then(
    () => 'accepted' as const,
    (e: Error) => {
      fault = e;
      return undefined;
    },
  );
  for (let n = 0; n < SENT; n++) await endpoint.outgoing.data(CHANNEL.stream, [Buffer.from(`sent ${n}`)]);
  const reasons: Error[] = [];
  for (const connection of connectionsOf(input)) reasons.push(await carry(endpoint, connection));
  const ended = endpoint.end(0).catch(() => undefined);
  const hasEnded = () => typeof delivered.at(-1) === 'number';
  await goesOn(() => hasEnded() || fault !== undefined, input);
  const isAccepted = hasEnded() && fault === undefined;
  endpoint.fail(new Error('the test is over'));
  await ended;
  await finished;
  for (const reason of [...reasons, ...(fault === undefined ? [] : [fault])]) checkReason(reason);
  if (isAccepted) return 'accepted';
  const why = [...reasons].reverse().find((reason) => reason instanceof RangeError);
  return { refused: why === undefined ? 'ended early' : 'protocol' };
}

/** Frames are decoded in other threads: where all are there, the end is waited for. */
async function goesOn(isOver: () => boolean, input: Uint8Array): Promise<void> {
  const patience = canEnd(input) ? PATIENCE_MS : 0;
  for (let waited = 0; !isOver() && waited < patience; waited++) await sleep(1);
}

/** All frames up to an END are there, on whatever connection. */
function canEnd(input: Uint8Array): boolean {
  const sequences = new Set<number>();
  let last: number | undefined;
  for (const connection of connectionsOf(input)) {
    for (let at = HELLO.size; at + FRAME.size <= connection.length; ) {
      const { type, sequence, size } = FRAME.read(connection.subarray(at), true);
      if (type === FRAME_TYPE.data) sequences.add(sequence);
      if (type === FRAME_TYPE.end) last ??= sequence;
      at += FRAME.size + size;
    }
  }
  for (let sequence = 0; sequence < (last ?? 0); sequence++) if (!sequences.has(sequence)) return false;
  return last !== undefined;
}

/** What ends a connection says what was wrong with it: nothing that happens to be thrown by a fault of ours. */
function checkReason(reason: Error): void {
  const isOurs =
    reason.constructor === Error ||
    (reason.constructor === RangeError && !/out of bounds|call stack/.test(reason.message));
  if (!isOurs) throw reason;
}

/** Each begins with a HELLO; so does the first, whatever it is. */
function connectionsOf(input: Uint8Array): Buffer[] {
  const bytes = Buffer.from(input);
  const magic = Buffer.from(LINK_MAGIC);
  const starts = [0];
  for (let at = bytes.indexOf(magic, 1); at >= 0; at = bytes.indexOf(magic, at + 1)) starts.push(at);
  return starts.map((start, i) => bytes.subarray(start, starts[i + 1] ?? bytes.length));
}

async function carry(endpoint: LinkEndpoint, bytes: Buffer): Promise<Error> {
  const there = new PassThrough();
  const back = new PassThrough();
  for (const stream of [there, back]) stream.on('error', () => {});
  back.resume();
  const carrier: Carrier = {
    input: there,
    output: back,
    destroy() {
      there.destroy();
      back.destroy();
    },
  };
  const over = endpoint.attach(carrier);
  for (const piece of piecesOf(bytes)) {
    if (there.destroyed) break;
    there.write(piece);
    await turns(1);
  }
  there.end();
  return over;
}
