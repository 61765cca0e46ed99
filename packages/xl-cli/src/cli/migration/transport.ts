import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type MigrationConnection, streamConnection } from '@xen-migration/libxl';
import type { GlobalOptions } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

/** A process to run, and by what it is known. */
export interface Transport {
  readonly command: string;
  readonly args: readonly string[];
}

/** How the target is reached. */
export interface TargetOptions {
  readonly host: string;
  /** Given to sh instead of ssh; empty: the host is itself a command for sh. */
  readonly sshCommand: string | undefined;
}

/** Names of this machine, to which no ssh is needed. */
const LOCAL = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Ctrl-C is for xl, which ends a migration in order: the ssh beside it must not die of it, least of all once the target
 * may start the domain. What is ignored stays so over exec.
 */
const UNDISTURBED = "trap '' INT; exec";

/**
 * What to run here so that xl runs at the target with these arguments: as stock, `ssh HOST xl ...`, or what -s says
 * through sh. No name is put into a shell's hands. This machine is reached without ssh.
 *
 * @throws ExitError where the host's name would be an option of ssh
 */
export function transportTo({ host, sshCommand }: TargetOptions, xlArguments: readonly string[]): Transport {
  if (sshCommand === '') return { command: 'sh', args: ['-c', `trap '' INT; ${host}`] };
  if (host.startsWith('-')) throw new ExitError(EXIT.failure, `xl: '${host}' is no host\n`);
  const remote = [host, 'xl', ...xlArguments];
  if (sshCommand !== undefined)
    return { command: 'sh', args: ['-c', `${UNDISTURBED} ${sshCommand} "$@"`, 'sh', ...remote] };
  if (LOCAL.has(host)) return { command: process.execPath, args: [xlEntry(), ...xlArguments] };
  return { command: 'sh', args: ['-c', `${UNDISTURBED} "$@"`, 'sh', 'ssh', ...remote] };
}

/** What a receiver is told. */
export interface ReceiverOptions {
  readonly noMonitor: boolean;
  readonly debug: boolean;
  readonly paused: boolean;
  readonly globals: GlobalOptions;
  /** The sender's stderr is a terminal: the receiver may draw progress. */
  readonly terminal: boolean;
}

/** The arguments of the target's xl, as stock gives them. */
export function receiverArguments({ noMonitor, debug, paused, globals, terminal }: ReceiverOptions): string[] {
  return [
    ...(terminal || globals.carriageReturn ? ['-t'] : []),
    ...(globals.timestamps ? ['-T'] : []),
    ...(globals.verbosity > 0 ? [`-${'v'.repeat(globals.verbosity)}`] : []),
    'migrate-receive',
    ...(noMonitor ? ['-e'] : []),
    ...(debug ? ['-d'] : []),
    ...(paused ? ['-p'] : []),
  ];
}

export interface RunningTransport {
  readonly connection: MigrationConnection;
  /**
   * Waits shortly for the process to end; after a failure one that does not is ended: nothing more goes through it.
   *
   * @returns what is to be said of its end; empty where it ended well
   */
  report(failed: boolean): Promise<string>;
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
    async report(failed) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<string>((resolve) => {
        const text = `migration child [${child.pid}] not exiting, no longer waiting (exit status will be unreported)\n`;
        timer = setTimeout(() => resolve(text), EXIT_WAIT_MS);
      });
      try {
        return await Promise.race([ended, late]);
      } finally {
        clearTimeout(timer);
        if (failed && child.exitCode === null) child.kill('SIGTERM');
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
