import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { DropArgument } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { LibxlError } from '../errors.js';
import { encodeHeader, writeAll } from '../link/carrier.js';
import { CHANNEL, FRAME_TYPE } from '../link/layouts.js';
import { readBlocks } from '../link/pipes.js';
import type { Command } from '../link/plan.js';
import type { TlsCredentials } from './credentials.js';
import { readRequest } from './request.js';

export interface TlsServerOptions {
  readonly credentials: TlsCredentials;
  readonly port: number;
  /** Default: all addresses. */
  readonly address?: string;
  /** What to run for a client's request; undefined: it is refused. Nothing of the request is used otherwise. */
  readonly commandFor: (args: readonly string[]) => Command | undefined;
  readonly onEvent?: (event: TlsServerEvent) => void;
  /** Ends the listening; connections that are there go on. */
  readonly signal?: AbortSignal;
}

export type TlsServerEvent =
  | { readonly kind: 'listening'; readonly port: number }
  /** Nothing is known of it yet but where it comes from. */
  | { readonly kind: 'connected'; readonly from: string }
  | { readonly kind: 'accepted'; readonly peer: string; readonly from: string; readonly args: readonly string[] }
  | { readonly kind: 'refused'; readonly from: string | undefined; readonly why: string }
  | { readonly kind: 'ended'; readonly peer: string; readonly status: number };

const MAX_CONNECTIONS = 64;
const HANDSHAKE_MS = 10_000;

/**
 * Receives migrations over TLS 1.3: for each client whose certificate our authority has signed a receiver's process is
 * run, as sshd would. Who has no such certificate gets nowhere. Resolves when the signal has ended it.
 *
 * @throws LibxlError ERROR_FAIL where the port can't be had
 */
export async function serveTls(options: TlsServerOptions): Promise<void> {
  const { credentials, port, address, signal, onEvent } = options;
  const server = createServer({
    ...credentials,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    handshakeTimeout: HANDSHAKE_MS,
    allowHalfOpen: true,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', (dropped) =>
    onEvent?.({
      kind: 'refused',
      from: dropped === undefined ? undefined : fromOf(dropped),
      why: `there are ${MAX_CONNECTIONS} connections already`,
    }),
  );
  server.on('connection', (socket) => onEvent?.({ kind: 'connected', from: fromOf(socket) }));
  server.on('tlsClientError', (error, socket) => {
    // With allowHalfOpen Node keeps the socket of a client that went away in its handshake, and counts it for ever.
    socket.destroy();
    onEvent?.({ kind: 'refused', from: undefined, why: refusalOf(error) });
  });
  server.on('secureConnection', (socket) => void serve(socket, options));
  await listen(server, port, address);
  const bound = server.address();
  onEvent?.({ kind: 'listening', port: typeof bound === 'object' && bound !== null ? bound.port : port });
  const closed = once(server, 'close');
  const end = () => void server.close();
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end);
  await closed;
}

async function listen(server: Server, port: number, address: string | undefined): Promise<void> {
  try {
    server.listen({ port, ...(address === undefined ? {} : { host: address }) });
    await once(server, 'listening');
  } catch (e) {
    const text = e instanceof Error ? e.message : String(e);
    throw new LibxlError('ERROR_FAIL', `can't listen for migrations: ${text}`, { cause: e });
  }
}

async function serve(socket: TLSSocket, { commandFor, onEvent }: TlsServerOptions): Promise<void> {
  socket.on('error', () => {});
  const from = fromOf(socket);
  const peer = socket.getPeerCertificate().subject?.CN ?? '';
  const refuse = (why: string) => {
    onEvent?.({ kind: 'refused', from, why });
    socket.destroy();
  };
  // 'rejectUnauthorized' has seen to it; nothing is received on that alone.
  if (!socket.authorized) return refuse('the certificate was not verified');
  const args = await readRequest(socket, HANDSHAKE_MS);
  if (args === undefined) return refuse('no request of a sender');
  const command = commandFor(args);
  if (command === undefined) return refuse('a request for something else than the receiver of a migration');
  onEvent?.({ kind: 'accepted', peer, from, args });
  const status = await relay(socket, command);
  onEvent?.({ kind: 'ended', peer, status });
}

/** Joins a process to a client: its input as it is; its output, its errors and its exit status as frames of a link. */
async function relay(socket: TLSSocket, { command, args }: Command): Promise<number> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exit = exitOf(child);
  child.stdin.on('error', () => {});
  socket.pipe(child.stdin);
  socket.once('close', () => child.stdin.destroy());
  const send = (channel: number) => (block: readonly Buffer[], size: number) => {
    const header = encodeHeader({ type: FRAME_TYPE.data, channel, size, value: size });
    return writeAll(socket, [header, ...block]);
  };
  await Promise.all([
    readBlocks(child.stdout, send(CHANNEL.stream)),
    readBlocks(child.stderr, send(CHANNEL.text)),
  ]).catch(() => socket.destroy());
  const status = await exit;
  if (!socket.destroyed) socket.end(encodeHeader({ type: FRAME_TYPE.end, value: status }));
  return status;
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Node closes the connection of a client whose certificate is not accepted, and tells of that in these words. */
function refusalOf(error: Error): string {
  return error.message === 'socket hang up' ? 'its certificate was not accepted, or it went away' : error.message;
}

function fromOf({ remoteAddress, remotePort }: Pick<DropArgument, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} port ${remotePort}`;
}
