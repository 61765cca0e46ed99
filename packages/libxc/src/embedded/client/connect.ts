import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Hypervisor } from '../../hypervisor/hypervisor.js';
import { embeddedHostDirectory, HOST_FILES, preparePrivateDirectory, START_TIMEOUT_MS } from '../directory.js';
import { MachineMemory } from '../memory/machine-memory.js';
import { ClientHypervisor } from './client-hypervisor.js';
import { SocketTransport } from './socket-transport.js';

export interface ConnectOptions {
  /** The host's private directory; default: embeddedHostDirectory(). */
  readonly directory?: string;
  /** Whether to start the host's daemon when none runs; default true. */
  readonly autostart?: boolean;
}

/** Milliseconds. */
const RETRY_INTERVAL = 15;

/**
 * Connects to the embedded host of a directory, and starts it when it does not run.
 *
 * @throws Error when there is none and none could be started
 */
export async function connectEmbeddedHost(options: ConnectOptions = {}): Promise<Hypervisor> {
  const directory = options.directory ?? embeddedHostDirectory();
  const { transport, hello } = await reach(directory, options.autostart ?? true);
  const memory = MachineMemory.open(hello.memoryPath, hello.memorySpan);
  return new ClientHypervisor(
    {
      perform: (name, ...args) => transport.perform(name, ...args),
      async close() {
        await transport.close();
        memory.close();
      },
    },
    memory,
  );
}

/** Tries to connect; starts a daemon whenever none of ours is on its way up. Daemons that come second leave by themselves. */
async function reach(directory: string, autostart: boolean) {
  const path = join(directory, HOST_FILES.socket);
  const deadline = Date.now() + START_TIMEOUT_MS;
  let daemon: { exited: boolean } | undefined;
  for (;;) {
    try {
      return await SocketTransport.open(path);
    } catch (e) {
      if (!autostart) throw new Error(`no embedded host runs in ${directory}`, { cause: e });
      if (Date.now() > deadline)
        throw new Error(`the embedded host in ${directory} did not start${logTail(directory)}`, { cause: e });
    }
    if (daemon === undefined || daemon.exited) daemon = startDaemon(directory);
    await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL));
  }
}

function startDaemon(directory: string): { exited: boolean } {
  preparePrivateDirectory(directory);
  const log = openSync(join(directory, HOST_FILES.log), 'a', 0o600);
  try {
    const state = { exited: false };
    const entry = createRequire(import.meta.url).resolve('@xen-migration/libxc/embedded/daemon');
    const child = spawn(process.execPath, [entry], {
      detached: true,
      stdio: ['ignore', 'ignore', log],
      // Of what is meant for Node, certificates alone would make its start half as long again.
      env: { ...process.env, XEN_EMBEDDED_DIR: directory, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: undefined },
      cwd: '/',
    });
    const ended = () => {
      state.exited = true;
    };
    child.once('exit', ended);
    child.once('error', ended);
    child.unref();
    return state;
  } finally {
    closeSync(log);
  }
}

function logTail(directory: string): string {
  try {
    const text = readFileSync(join(directory, HOST_FILES.log), 'utf8').trim();
    return text === '' ? '' : `: ${text.slice(-1000)}`;
  } catch {
    return '';
  }
}
