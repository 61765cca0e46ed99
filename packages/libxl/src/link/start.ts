import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import type { AgentPlan } from './agent-main.js';
import { BUFFERED, pipe } from './pipes.js';
import { type Command, type LinkPlan, linkIdBytes, MAX_STREAMS } from './plan.js';

/** Where receivers' agents say what went wrong. */
const LOG = 'link.log';

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
  /** Ends this connection of the link. */
  readonly signal?: AbortSignal;
}

export interface OpenLinkOptions extends JoinLinkOptions {
  /** Reads a migration on its standard input and answers on its standard output. */
  readonly receiver: Command;
}

/**
 * Opens the receiving end of a link: starts its agent, which outlives this process, and joins it.
 *
 * @throws LibxlError
 */
export async function openLink({ receiver, ...options }: OpenLinkOptions): Promise<void> {
  const { host, id } = options;
  const log = openSync(join(host.stateDirectory, LOG), 'a', 0o600);
  try {
    const { command, args } = agentCommand({ receive: { id, socket: socketPath(host, id), receiver } });
    const agent = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'ignore', log, 'ipc'],
      env: { ...process.env, XEN_EMBEDDED_DIR: host.directory },
      cwd: '/',
    });
    await new Promise<void>((resolve, reject) => {
      const failed = () => reject(new LibxlError('ERROR_FAIL', "the link's agent could not be started"));
      agent.once('message', () => resolve());
      agent.once('error', failed);
      agent.once('exit', failed);
    });
    agent.unref();
  } finally {
    closeSync(log);
  }
  await joinLink(options);
}

/**
 * Joins this process's standard input and output to the link as one of its connections, until that ends.
 *
 * @throws LibxlError where there is no such link
 */
export async function joinLink({ host, id, signal }: JoinLinkOptions): Promise<void> {
  const socket = connect({ path: socketPath(host, id), allowHalfOpen: true, ...BUFFERED });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (e) => reject(new LibxlError('ERROR_NOTFOUND', `there is no such link: ${e.message}`)));
  });
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
    signal?.addEventListener('abort', () => socket.destroy());
  });
  await new Promise<void>((resolve) => output.end(resolve));
}

function socketPath(host: Host, id: string): string {
  linkIdBytes(id);
  return join(host.stateDirectory, `link-${id.slice(0, 16)}.sock`);
}

function agentCommand(plan: AgentPlan): Command {
  const entry = createRequire(import.meta.url).resolve('@xen-migration/libxl/link');
  return { command: process.execPath, args: [entry, JSON.stringify(plan)] };
}
