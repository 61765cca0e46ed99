import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type MigrationConnection, streamConnection } from '@xen-migration/libxl';
import type { GlobalOptions } from '../context.js';

/** How the receiver is to be started. */
export interface TargetOptions {
  readonly host: string;
  /** Given to sh instead of ssh; empty: the host is itself a command for sh. */
  readonly sshCommand: string | undefined;
  readonly noMonitor: boolean;
  readonly debug: boolean;
  readonly paused: boolean;
  readonly globals: GlobalOptions;
  /** The sender's stderr is a terminal: the receiver may draw progress. */
  readonly terminal: boolean;
}

/** A process to run, and by what it is known. */
export interface Transport {
  readonly command: string;
  readonly args: readonly string[];
}

/** Names of this machine, to which no ssh is needed. */
const LOCAL = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * What to run to reach the target: as stock, `ssh HOST xl migrate-receive`, or what -s says through sh. No name is put
 * into a shell's hands where nobody asked for a shell. This machine is reached without ssh.
 */
export function transportTo(target: TargetOptions): Transport {
  const { host, sshCommand, noMonitor, debug, paused, globals, terminal } = target;
  if (sshCommand === '') return { command: 'sh', args: ['-c', host] };
  const before = [
    ...(terminal || globals.carriageReturn ? ['-t'] : []),
    ...(globals.timestamps ? ['-T'] : []),
    ...(globals.verbosity > 0 ? [`-${'v'.repeat(globals.verbosity)}`] : []),
  ];
  const after = [...(noMonitor ? ['-e'] : []), ...(debug ? ['-d'] : []), ...(paused ? ['-p'] : [])];
  const receive = [...before, 'migrate-receive', ...after];
  if (sshCommand !== undefined) {
    return { command: 'sh', args: ['-c', `exec ${sshCommand} ${[host, 'xl', ...receive].join(' ')}`] };
  }
  if (LOCAL.has(host)) return { command: process.execPath, args: [xlEntry(), ...receive] };
  if (host.startsWith('-')) throw new RangeError(`'${host}' is no host`);
  return { command: 'ssh', args: [host, 'xl', ...receive] };
}

export interface RunningTransport {
  readonly connection: MigrationConnection;
  /** Waits shortly for the process to end. @returns what is to be said of its end; empty where it ended well */
  report(): Promise<string>;
}

const EXIT_WAIT_MS = 2_000;

export function startTransport({ command, args }: Transport): RunningTransport {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (e) => resolve(`xl: can't run ${command}: ${e.message}\n`));
    child.once('exit', (code, signal) => resolve(endText(child, code, signal)));
  });
  const { stdin, stdout } = child as ChildProcess & { stdin: Writable; stdout: Readable };
  return {
    connection: streamConnection(stdout, stdin),
    async report() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<string>((resolve) => {
        const text = `migration child [${child.pid}] not exiting, no longer waiting (exit status will be unreported)\n`;
        timer = setTimeout(() => resolve(text), EXIT_WAIT_MS);
      });
      try {
        return await Promise.race([ended, late]);
      } finally {
        clearTimeout(timer);
        child.unref();
      }
    },
  };
}

function endText({ pid }: ChildProcess, code: number | null, signal: NodeJS.Signals | null): string {
  if (code === 0) return '';
  const how = signal === null ? `exited with error status ${code}` : `died due to fatal signal ${signal}`;
  return `migration transport process [${pid}] ${how}\n`;
}

function xlEntry(): string {
  const root = dirname(createRequire(import.meta.url).resolve('@xen-migration/xl-cli/package.json'));
  return join(root, 'bin', 'xl.js');
}
