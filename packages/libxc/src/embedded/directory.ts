import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The files in a host's private directory. */
export const HOST_FILES = {
  /** Held (flock) by the daemon while it lives. */
  lock: 'lock',
  /** Unix socket: the operations of wire/operations.ts. */
  socket: 'hypervisor.sock',
  /** Unix socket: the xenstore protocol. */
  xenstore: 'xenstored.sock',
  /** The machine's memory, or a link to it. */
  memory: 'memory',
  /** What the daemon wrote to its standard error. */
  log: 'daemon.log',
} as const;

/** How long whoever has started a host tries to reach it. */
export const START_TIMEOUT_MS = 20_000;

/** Consoles of domains, `console-<domid>.sock`. */
export const CONSOLE_SOCKET = /^console-\d+\.sock$/;

/** The directory of the host that this user's commands use; each directory is a host of its own. */
export function embeddedHostDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.XEN_EMBEDDED_DIR !== undefined && env.XEN_EMBEDDED_DIR !== '') return env.XEN_EMBEDDED_DIR;
  if (env.XDG_RUNTIME_DIR !== undefined && env.XDG_RUNTIME_DIR !== '') return join(env.XDG_RUNTIME_DIR, 'xen-embedded');
  const name = `xen-embedded-${process.getuid?.() ?? 'user'}`;
  return join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), name);
}

/** Makes the directory, for its owner alone. @throws Error when somebody else owns it */
export function preparePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(directory);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new Error(`${directory} belongs to user ${uid}: the embedded host needs a directory of its own`);
  }
  if ((mode & 0o077) !== 0) chmodSync(directory, 0o700);
}
