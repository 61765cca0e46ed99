import { XenstoreClient } from '@xen-migration/libxc/xenstore';
import { encodeMessage, encodeStrings, type MessageName, XS } from '../../../../libxc/src/xenstore/wire.js';
import type { Choices } from '../../random.js';
import { piecesOf } from '../chunks.js';
import { type Outcome, refusal, type Sample, type Target } from '../target.js';
import { turns } from './peer-server.js';

const WORDS = [
  '\0',
  'OK\0',
  'ENOENT\0',
  'EAGAIN\0',
  'E2BIG\0',
  'EWHAT\0',
  '/local/domain/0\0',
  '1\0',
  'n0\0',
  'T\0',
  '\ufffd',
];

export const XENSTORE_CLIENT: Target = {
  name: 'xenstore-client',
  about: "a xenstored's answers and events to the client: each request ends",
  open: async () => ({ sample: async (random) => sampleOf(random), run, async close() {} }),
};

/** Answers to what `ask` asks: its requests are numbered from 1. */
function sampleOf(random: Choices): Sample {
  let id = 0;
  const answer = (name: MessageName, ...strings: readonly string[]) => {
    id++;
    return encodeMessage({ type: XS[name], requestId: id, transactionId: 0, payload: encodeStrings(...strings) });
  };
  const refuse = (code: string) => {
    id++;
    return encodeMessage({ type: XS.ERROR, requestId: id, transactionId: 0, payload: encodeStrings(code) });
  };
  const event = () =>
    encodeMessage({ type: XS.WATCH_EVENT, requestId: 0, transactionId: 0, payload: encodeStrings('/w', '1') });
  const long = random.happens(0.4);
  const parts = [
    random.happens(0.3) ? refuse('ENOENT') : answer('READ', 'a value'),
    answer('WATCH', 'OK'),
    ...(long ? [refuse('E2BIG')] : [answer('DIRECTORY', 'a', 'b')]),
    answer('GET_PERMS', 'n0', 'r3'),
    answer('TRANSACTION_START', '1'),
    answer('IS_DOMAIN_INTRODUCED', 'T'),
    answer('GET_DOMAIN_PATH', '/local/domain/3'),
    ...(long
      ? [answer('DIRECTORY_PART', '1', 'a', 'b'), answer('TRANSACTION_END', 'OK')]
      : [answer('TRANSACTION_END', 'OK')]),
    ...(long ? [answer('DIRECTORY_PART', '1', 'c', '')] : []),
  ];
  for (let n = random.between(0, 3); n > 0; n--) parts.splice(random.between(2, parts.length), 0, event());
  // Which answer the client waits for when depends on what came before: it may come too early.
  return { parts, valid: false, words: WORDS };
}

async function run(input: Uint8Array): Promise<Outcome> {
  let deliver: (bytes: Uint8Array) => void = () => {};
  let hangUp: () => void = () => {};
  let open = true;
  const client = await XenstoreClient.over((events) => {
    deliver = (bytes) => events.received(bytes);
    hangUp = () => events.ended(new Error('the peer hung up'));
    return {
      send() {},
      keepAlive() {},
      async close() {
        open = false;
      },
    };
  });
  const asked = ask(client);
  for (const piece of piecesOf(input)) {
    if (!open) break;
    deliver(piece);
    await turns(1);
  }
  hangUp();
  const outcomes = await asked;
  await client.close();
  return outcomes.find((outcome) => outcome !== 'accepted') ?? 'accepted';
}

async function ask(client: XenstoreClient): Promise<Outcome[]> {
  const all: readonly Promise<unknown>[] = [
    client.read('/a'),
    client.watch('/w', (path) => {
      if (typeof path !== 'string') throw new Error('an event without a path');
    }),
    client.directory('/a'),
    client.getPermissions('/a'),
    client.transaction(async () => undefined),
    client.isIntroduced(3),
    client.domainPath(3),
  ];
  const settled = await Promise.allSettled(all);
  return settled.map((one) => (one.status === 'fulfilled' ? 'accepted' : refusal(one.reason, 'XenstoreError')));
}
