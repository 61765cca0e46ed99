import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { LibxlError, textOf } from '../errors.js';
import { openLogFile } from '../host/log-file.js';
import type { Host } from '../host/open-host.js';
import type { AgentPlan } from './agent-main.js';
import { encodeGone } from './carrier.js';
import { BUFFERED, pipe, writeTo } from './pipes.js';
import { type Command, type LinkPlan, linkIdBytes, MAX_STREAMS } from './plan.js';
import { INTERRUPT } from './receive-agent.js';

/** Where receivers' agents say what went wrong. */
const LOG = 'link.log';
const SOCKET_NAME = /^link-[0-9a-f]{16}\.sock$/;
const SWEPT_AFTER_MS = 10_000;

/** The process that carries a migration over a link: to be used as ssh would be (startTransport). */
export function linkCommand(plan: LinkPlan): Command {
  linkIdBytes(plan.id);
  if (!(plan.streams >= 1 && plan.streams <= MAX_STREAMS)) {
    throw new LibxlError('ERROR_INVAL', `a link has 1 to ${MAX_STREAMS} connections, not ${plan.streams}`);
  }
  return agentCommand({ send: plan });
}

export interface JoinLinkOptions {
  readonly host: Host;
  readonly id: string;
  /**
   * Stops the receiver, as an interrupt of its own would; the link ends when its sender has been told. Where the reason is
   * an error whose `signal` is SIGHUP, only this connection ends.
   */
  readonly signal?: AbortSignal;
}

export interface OpenLinkOptions extends JoinLinkOptions {
  /** Reads a migration on its standard input and answers on its standard output. */
  readonly receiver: Command;
}

/**
 * Opens the receiving end of a link: starts its agent, which outlives this process, and hands this process's standard
 * input and output over to it, as the link's first connection. Resolves when that ends.
 *
 * @throws LibxlError
 */
export async function openLink({ receiver, host, id, signal }: OpenLinkOptions): Promise<void> {
  await sweep(host);
  const log = openLogFile(host, LOG);
  let agent: ChildProcess;
  try {
    const { command, args } = agentCommand({ receive: { id, socket: socketPath(host, id), receiver } });
    agent = spawn(command, args, {
      detached: true,
      // The last two are AGENT_FD: nothing is copied between here and there.
      stdio: ['ignore', 'ignore', log, 'ipc', 0, 1],
      env: { ...process.env, XEN_EMBEDDED_DIR: host.directory },
      cwd: '/',
    });
  } finally {
    closeSync(log);
  }
  const stop = () => {
    if (!agent.connected) return;
    if (isHangUp(signal)) agent.disconnect();
    else agent.send('interrupt', () => {});
  };
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    await connectionOf(agent);
  } finally {
    signal?.removeEventListener('abort', stop);
    agent.unref();
    if (agent.connected) agent.disconnect();
  }
}

/** Until the agent says that the connection is over, or is gone. @throws LibxlError where it never came to work */
function connectionOf(agent: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let ready = false;
    const gone = () =>
      ready ? resolve() : reject(new LibxlError('ERROR_FAIL', "the link's agent could not be started"));
    agent.on('message', (what) => {
      if (what === 'ready') ready = true;
      if (what === 'over') resolve();
    });
    agent.once('error', gone);
    agent.once('exit', gone);
    agent.once('disconnect', gone);
  });
}

/**
 * Joins this process's standard input and output to the link as one of its connections, until that ends. Where there is no
 * such link the other end is told: what it tries to take up again is gone.
 *
 * @throws LibxlError where there is no such link
 */
export async function joinLink({ host, id, signal }: JoinLinkOptions): Promise<void> {
  const socket = connect({ path: socketPath(host, id), allowHalfOpen: true, ...BUFFERED });
  try {
    await once(socket, 'connect');
  } catch (e) {
    // Its agent was killed.
    if (codeOf(e) === 'ECONNREFUSED') rmSync(socketPath(host, id), { force: true });
    if (['ECONNREFUSED', 'ENOENT'].includes(codeOf(e))) await writeTo(pipe(1, 'write'), [encodeGone(linkIdBytes(id))]);
    throw new LibxlError('ERROR_NOTFOUND', `there is no such link: ${textOf(e)}`);
  }
  socket.on('error', () => {});
  const input = pipe(0, 'read');
  const output = pipe(1, 'write');
  input.pipe(socket);
  socket.pipe(output);
  await new Promise<void>((resolve) => {
    // Whichever side goes first: the connection is over in both directions.
    socket.once('close', () => resolve());
    output.once('close', () => resolve());
    input.once('close', () => socket.end());
    socket.once('end', () => socket.end());
    const stop = async () => {
      if (isHangUp(signal)) socket.destroy();
      else await interrupt(socketPath(host, id)).catch(() => socket.destroy());
    };
    if (signal?.aborted) void stop();
    signal?.addEventListener('abort', () => void stop());
  });
  await new Promise<void>((resolve) => output.end(resolve));
}

/** Removes the sockets of agents that were killed, and that nobody has wanted to join since. */
async function sweep({ stateDirectory }: Host): Promise<void> {
  for (const name of readdirSync(stateDirectory)) {
    if (!SOCKET_NAME.test(name)) continue;
    const path = join(stateDirectory, name);
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    // One that is just being made does not listen yet.
    if (Date.now() - made < SWEPT_AFTER_MS || (await isListening(path))) continue;
    rmSync(path, { force: true });
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (e: NodeJS.ErrnoException) => resolve(e.code !== 'ECONNREFUSED'));
  });
}

/** A connection that was hung up is a broken one, which may be taken up again: nobody has said that it is to stop. */
function isHangUp(signal: AbortSignal | undefined): boolean {
  const reason: unknown = signal?.reason;
  return reason instanceof Error && 'signal' in reason && reason.signal === 'SIGHUP';
}

/** @throws Error where the agent is gone */
function interrupt(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.end(INTERRUPT));
    socket.once('close', resolve);
    socket.once('error', reject);
  });
}

function codeOf(e: unknown): string {
  return e instanceof Error && 'code' in e ? String(e.code) : '';
}

function socketPath(host: Host, id: string): string {
  linkIdBytes(id);
  return join(host.stateDirectory, `link-${id.slice(0, 16)}.sock`);
}

function agentCommand(plan: AgentPlan): Command {
  const entry = createRequire(import.meta.url).resolve('@xen-migration/libxl/link');
  return { command: process.execPath, args: [entry, JSON.stringify(plan)] };
}
