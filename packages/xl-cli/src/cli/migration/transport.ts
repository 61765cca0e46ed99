import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, type RunningTransport, TLS_PORT, type TransportEnd, tlsCommand } from '@xen-migration/libxl';
import type { OptionSpec } from '../command.js';
import type { GlobalOptions } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { ASKED_VARIABLE, asking } from './asked-receiver.js';

/** A process to run. */
export type Transport = Command;

export const SSH_OPTION = {
  short: 's',
  value: '<sshcommand>',
  about:
    'Run <sshcommand> through sh instead of ssh. If it is empty, <host> itself is a command for sh that leads to an xl ' +
    'migrate-receive [-d -e]; with --check and the options of links it is run several times.',
} as const satisfies OptionSpec;

export const FORCE_CPU_OPTION = {
  long: 'force-cpu',
  about: "Go on though the host's CPU lacks features that the domain's had: it loses them, and may crash of it.",
} as const satisfies OptionSpec;

/** How the target is reached. */
export interface TargetOptions {
  readonly host: string;
  /** Given to sh instead of ssh; empty: the host is itself a command for sh. */
  readonly sshCommand: string | undefined;
  /** By TLS, with the credentials in this directory; the host may name a port. */
  readonly tlsDirectory?: string;
}

/** What to run here so that xl runs at the target with these arguments. */
export interface Reach {
  (xlArguments: readonly string[]): Transport;
  /** It is one command that must lead to an `xl migrate-receive`; more than that can only be asked of it by its environment. */
  readonly fixed: boolean;
  /** Runs a script by the target's shell, where that can be had. */
  readonly shell?: (script: string) => Transport;
}

/** Names of this machine, to which no ssh is needed. */
const LOCAL = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Ctrl-C is for xl, which ends a migration in order: the ssh beside it must not die of it, least of all once the target
 * may start the domain. What is ignored stays so over exec.
 */
const UNDISTURBED = "trap '' INT; exec";

/** What is asked beyond stock's receiving goes beside the command that a person gave: it may end in anything. */
const ASKING = `trap '' INT; [ "$1" = '[]' ] || export ${ASKED_VARIABLE}="$1"; eval "$2"`;

/**
 * As stock, `ssh HOST xl ...`, or what -s says through sh. No name is put into a shell's hands. This machine is reached
 * without ssh.
 *
 * @throws ExitError where the host's name would be an option of ssh
 */
export function reachTarget({ host, sshCommand, tlsDirectory }: TargetOptions): Reach {
  if (tlsDirectory !== undefined) {
    const target = { ...hostAndPort(host), directory: tlsDirectory };
    return reach(false, (args) => tlsCommand(target, args));
  }
  if (sshCommand === '')
    return reach(true, (args) => ({ command: 'sh', args: ['-c', ASKING, 'sh', asking(args), host] }));
  if (host.startsWith('-')) throw new ExitError(EXIT.failure, `xl: '${host}' is no host\n`);
  if (sshCommand === undefined && LOCAL.has(host)) return reach(false, (args) => localXl(args));
  const ssh = (words: readonly string[]) =>
    sshCommand === undefined ? throughShell('"$@"', ['ssh', ...words]) : throughShell(`${sshCommand} "$@"`, words);
  const shell = (script: string) => ssh([host, script]);
  return Object.assign(
    reach(false, (args) => ssh([host, 'xl', ...args])),
    { shell },
  );
}

/** `host`, `host:port`, `[address]:port` or an IPv6 address. @throws ExitError */
export function hostAndPort(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*|[^:]*:[^:]*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const number = port === undefined ? TLS_PORT : Number(port);
  if (host !== '' && number > 0 && number < 65_536) return { host, port: number };
  throw new ExitError(EXIT.usage, `xl: '${text}' is no host and port\n`);
}

/** The xl of this installation, without a shell. */
export function localXl(args: readonly string[]): Transport {
  return { command: process.execPath, args: [xlEntry(), ...args] };
}

function reach(fixed: boolean, run: (xlArguments: readonly string[]) => Transport): Reach {
  return Object.assign(run, { fixed });
}

function throughShell(script: string, args: readonly string[]): Transport {
  return { command: 'sh', args: ['-c', `${UNDISTURBED} ${script}`, 'sh', ...args] };
}

/** What a receiver is told. */
export interface ReceiverOptions {
  readonly noMonitor: boolean;
  readonly debug: boolean;
  readonly paused: boolean;
  readonly forceCpu?: boolean;
  readonly globals: GlobalOptions;
  /** The sender's stderr is a terminal: the receiver may draw progress. */
  readonly terminal: boolean;
  /** The link that it opens. */
  readonly link?: string;
}

/** The arguments of the target's xl, as stock gives them. */
export function receiverArguments(options: ReceiverOptions): string[] {
  const { noMonitor, debug, paused, forceCpu = false, globals, terminal, link } = options;
  return [
    ...(terminal || globals.carriageReturn ? ['-t'] : []),
    ...(globals.timestamps ? ['-T'] : []),
    ...(globals.verbosity > 0 ? [`-${'v'.repeat(globals.verbosity)}`] : []),
    'migrate-receive',
    ...(noMonitor ? ['-e'] : []),
    ...(debug ? ['-d'] : []),
    ...(paused ? ['-p'] : []),
    ...(forceCpu ? ['--force-cpu'] : []),
    ...(link === undefined ? [] : ['--link', link]),
  ];
}

const EXIT_WAIT_MS = 2_000;

/**
 * Waits shortly for a transport's process to end; after a failure one that does not is ended: nothing more goes through
 * it.
 *
 * @returns what is to be said of its end, in stock's words; empty where it ended well
 */
export async function transportEnd({ pid, ended, kill }: RunningTransport, failed: boolean): Promise<string> {
  const late = new AbortController();
  try {
    const end = await Promise.race([ended, sleep(EXIT_WAIT_MS, undefined, { signal: late.signal })]);
    if (end !== undefined) return endText(pid, end);
    if (failed) kill();
    return `migration child [${pid}] not exiting, no longer waiting (exit status will be unreported)\n`;
  } finally {
    late.abort();
  }
}

function endText(pid: number | undefined, end: TransportEnd): string {
  switch (end.kind) {
    case 'not-started':
      return `xl: the transport can't be run: ${end.error.message}\n`;
    case 'signal':
      return `migration transport process [${pid}] died due to fatal signal ${end.signal}\n`;
    case 'exit':
      return end.status === 0 ? '' : `migration transport process [${pid}] exited with error status ${end.status}\n`;
  }
}

function xlEntry(): string {
  const root = dirname(createRequire(import.meta.url).resolve('@xen-migration/xl-cli/package.json'));
  return join(root, 'bin', 'xl.js');
}
