import { Refusal } from '../errors.js';
import { changePermissions, lookUp, makeNode, removeNode, writeNode } from '../tree/operations.js';
import { absolutePath, domainPath, fullPath, isRelative } from '../tree/path.js';
import { formatPermissions, isPrivileged, parseDomid, parsePermissions } from '../tree/permissions.js';
import type { Watch } from '../tree/watches.js';
import { decodeStrings, encodeStrings, type Message, type MessageName, messageName, PAYLOAD_MAX, XS } from '../wire.js';
import type { Client } from './client.js';
import { control } from './control.js';
import type { Database } from './database.js';
import type { Services } from './services.js';

export interface Reply {
  readonly payload: Uint8Array;
  /** What is done, and who is told, once the reply is on its way. */
  readonly after?: (() => void) | undefined;
}

interface Request {
  readonly client: Client;
  readonly transactionId: number;
  readonly payload: Uint8Array;
  /** The payload's NUL-terminated strings. */
  readonly strings: readonly string[];
}

type Handler = (services: Services, request: Request) => Reply | Promise<Reply>;

/** How a domain names itself (public/xen.h). */
const DOMID_SELF = String(0x7ff0);

const OK: Reply = { payload: encodeStrings('OK') };
const answer = (...strings: readonly string[]): Reply => ({ payload: encodeStrings(...strings) });

/** One for each operation (docs/misc/xenstore.txt); what has none is answered with ENOSYS. */
const HANDLERS: Partial<Record<MessageName, Handler>> = {
  READ: ({ database }, request) => {
    const path = pathOf(request);
    return { payload: lookUp(spaceOf(database, request), request.client.caller, path, 'read').value };
  },

  DIRECTORY: ({ database }, request) => {
    const node = lookUp(spaceOf(database, request), request.client.caller, pathOf(request), 'read');
    return answer(...node.children);
  },

  DIRECTORY_PART: ({ database }, request) => {
    const offset = natural(request.strings[1]);
    const node = lookUp(spaceOf(database, request), request.client.caller, pathOf(request), 'read');
    const generation = encodeStrings(String(node.generation));
    return { payload: Buffer.concat([generation, partOf(node.children, offset, PAYLOAD_MAX - generation.length)]) };
  },

  WRITE: ({ database }, request) => {
    const end = request.payload.indexOf(0);
    if (end < 0) throw new Refusal('EINVAL', 'no NUL after the path');
    const path = pathOf(request);
    const value = request.payload.slice(end + 1);
    const changes = writeNode(spaceOf(database, request), request.client.caller, path, value, database.quotas);
    return { ...OK, after: () => database.changed(request.client, request.transactionId, changes) };
  },

  MKDIR: ({ database }, request) => {
    const changes = makeNode(spaceOf(database, request), request.client.caller, pathOf(request), database.quotas);
    return { ...OK, after: () => database.changed(request.client, request.transactionId, changes) };
  },

  RM: ({ database }, request) => {
    const changes = removeNode(spaceOf(database, request), request.client.caller, pathOf(request));
    return { ...OK, after: () => database.changed(request.client, request.transactionId, changes) };
  },

  GET_PERMS: ({ database }, request) => {
    const node = lookUp(spaceOf(database, request), request.client.caller, pathOf(request), 'read');
    return answer(...formatPermissions(node.permissions));
  },

  SET_PERMS: ({ database }, request) => {
    const { client, transactionId, strings } = request;
    const path = pathOf(request, true);
    const permissions = parsePermissions(strings.slice(1));
    const changes = changePermissions(spaceOf(database, request), client.caller, path, permissions, database.quotas);
    return { ...OK, after: () => database.changed(client, transactionId, path.startsWith('@') ? [] : changes) };
  },

  WATCH: ({ database }, request) => {
    const watch = watchOf(request);
    const { watches, quotas } = database;
    if (!isPrivileged(request.client.caller) && watches.count(request.client) >= quotas.watches) {
      throw new Refusal('ENOSPC', 'too many watches');
    }
    watches.add(watch);
    return { ...OK, after: () => watches.fireOnce(watch) };
  },

  UNWATCH: ({ database }, { client, strings: [path = '', token] }) => {
    if (token === undefined) throw new Refusal('EINVAL', 'no token');
    // A path that can't be is one that is not watched.
    database.watches.remove(client, fullPath(path, client.base), token);
    return OK;
  },

  RESET_WATCHES: ({ database }, { client }) => {
    database.forgetClient(client);
    return OK;
  },

  TRANSACTION_START: ({ database }, { client, transactionId }) => {
    if (transactionId !== 0) throw new Refusal('EBUSY', 'a transaction in a transaction');
    return answer(String(database.startTransaction(client)));
  },

  TRANSACTION_END: ({ database }, { client, transactionId, strings: [word] }) => {
    if (word !== 'T' && word !== 'F') throw new Refusal('EINVAL', 'neither T nor F');
    const transaction = database.transactionOf(client, transactionId);
    client.transactions.delete(transactionId);
    if (word === 'F') return OK;
    transaction.commit();
    return { ...OK, after: () => database.tell(transaction.changes) };
  },

  INTRODUCE: privileged(async ({ domains }, { strings: [domid, gfn, port] }) => {
    await domains.introduce(realDomid(domid), integer(gfn), natural(port));
    return OK;
  }),

  RELEASE: privileged(async ({ domains }, { strings: [domid] }) => {
    await domains.release(realDomid(domid));
    return OK;
  }),

  RESUME: privileged(async ({ domains }, { strings: [domid] }) => {
    await domains.resume(realDomid(domid));
    return OK;
  }),

  SET_TARGET: privileged(({ domains }, { strings: [domid, target] }) => {
    domains.setTarget(realDomid(domid), realDomid(target));
    return OK;
  }),

  IS_DOMAIN_INTRODUCED: ({ domains }, { strings: [domid = ''] }) => {
    const asked = domid === DOMID_SELF ? 0 : parseDomid(domid);
    return answer(asked === 0 || domains.isIntroduced(asked) ? 'T' : 'F');
  },

  GET_DOMAIN_PATH: (_services, { strings: [domid] }) => answer(domainPath(parseDomid(domid ?? ''))),

  CONTROL: privileged((services, { strings }) => answer(control(services, strings))),
};

/** Whatever transaction these name, it is not looked at. */
const OUTSIDE_TRANSACTIONS: ReadonlySet<Handler | undefined> = new Set([HANDLERS.WATCH, HANDLERS.UNWATCH]);

/** Does what a message asks for. @throws Refusal */
export function perform(services: Services, client: Client, message: Message): Reply | Promise<Reply> {
  const name = messageName(message.type);
  const handler = name === undefined ? undefined : HANDLERS[name];
  if (handler === undefined) throw new Refusal('ENOSYS', `no request ${message.type}`);
  const { transactionId, payload } = message;
  if (transactionId !== 0 && !OUTSIDE_TRANSACTIONS.has(handler)) services.database.transactionOf(client, transactionId);
  return handler(services, { client, transactionId, payload, strings: decodeStrings(payload) });
}

/** The message that answers another one. */
export function replyMessage({ type, requestId, transactionId }: Message, payload: Uint8Array): Message {
  if (payload.length > PAYLOAD_MAX) throw new Refusal('E2BIG', `an answer of ${payload.length} bytes`);
  return { type, requestId, transactionId, payload };
}

export function errorMessage({ requestId, transactionId }: Message, refusal: Refusal): Message {
  return { type: XS.ERROR, requestId, transactionId, payload: encodeStrings(refusal.code) };
}

function privileged(handler: Handler): Handler {
  return (services, request) => {
    if (!isPrivileged(request.client.caller)) throw new Refusal('EACCES', 'only the control domain may');
    return handler(services, request);
  };
}

function spaceOf(database: Database, { client, transactionId }: Request) {
  return database.spaceOf(client, transactionId);
}

function pathOf({ client, strings: [path = ''] }: Request, special = false): string {
  return absolutePath(path, client.base, special);
}

/** Path, token, and perhaps how deep. */
function watchOf(request: Request): Watch {
  const { client, strings } = request;
  const [path = '', token, depth] = strings;
  if (token === undefined) throw new Refusal('EINVAL', 'no token');
  return {
    watcher: client,
    path: pathOf(request, true),
    token,
    depth: depth === undefined || depth === '' ? undefined : natural(depth),
    prefix: isRelative(path) ? `${client.base}/` : '',
  };
}

/** The list from a byte offset on, up to the end of a name, in so many bytes. Where the list ends, an empty name. */
function partOf(names: Iterable<string>, offset: number, room: number): Uint8Array {
  const rest = encodeStrings(...names).subarray(offset);
  if (rest.length < room) return Buffer.concat([rest, encodeStrings('')]);
  return rest.subarray(0, rest.lastIndexOf(0, room - 2) + 1);
}

function natural(text: string | undefined): number {
  const value = integer(text);
  if (value < 0) throw new Refusal('EINVAL', `a negative number: ${text}`);
  return value;
}

/** Decimal; an mfn may come as a negative number (docs/misc/xenstore.txt, INTRODUCE). */
function integer(text: string | undefined): number {
  if (text === undefined || !/^-?\d{1,15}$/.test(text)) throw new Refusal('EINVAL', `no number: ${text}`);
  return Number(text);
}

function realDomid(text: string | undefined): number {
  const domid = parseDomid(text ?? '');
  if (domid === 0) throw new Refusal('EINVAL', 'the control domain');
  return domid;
}
