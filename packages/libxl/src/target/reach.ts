import { LibxlError } from '../errors.js';
import { type Command, withArguments } from '../link/plan.js';
import { TLS_PORT, tlsCommand } from '../tls/target.js';
import { ASKED_VARIABLE, asking } from './asked.js';

/** How a target is reached. */
export interface TargetOptions {
  readonly host: string;
  /**
   * A script for sh that is run instead of ssh, as stock's -s; empty: the host is itself a script for sh, which leads to
   * an `xl migrate-receive`. It is the one text here that a shell reads: who may set it may run anything anyway.
   */
  readonly sshCommand?: string;
  /** By TLS, with the credentials in this directory (TLS_FILES); the host may name a port. */
  readonly tlsDirectory?: string;
  /** The xl of this machine, which `localhost` is reached by without ssh. Default: the one in PATH. */
  readonly xl?: Command;
}

/** What to run here so that xl runs at the target with these arguments. */
export interface Reach {
  (xlArguments: readonly string[]): Command;
  /** It is one command that must lead to an `xl migrate-receive`; more than that can only be asked of it by its environment. */
  readonly fixed?: boolean;
  /** Runs a script by the target's shell, where that can be had. */
  readonly shell?: (script: string) => Command;
}

/** Names of this machine, to which no ssh is needed. */
const LOCAL = new Set(['localhost', '127.0.0.1', '::1']);
const XL_IN_PATH: Command = { command: 'xl', args: [] };

/**
 * Ctrl-C is for whoever migrates, and ends a migration in order: the ssh beside it must not die of it, least of all once
 * the target may start the domain. What is ignored stays so over exec.
 */
const UNDISTURBED = "trap '' INT; exec";

/** What is asked beyond stock's receiving goes beside the command that a person gave: it may end in anything. */
const ASKING = `trap '' INT; [ "$1" = '[]' ] || export ${ASKED_VARIABLE}="$1"; eval "$2"`;

/**
 * As stock, `ssh HOST xl ...`, or what `sshCommand` says. No name is put into a shell's hands, here or at the target, and
 * none can be taken for an option of ssh. This machine is reached without ssh.
 *
 * @throws LibxlError ERROR_INVAL for what can be no host
 */
export function reachTarget({ host, sshCommand, tlsDirectory, xl = XL_IN_PATH }: TargetOptions): Reach {
  if (tlsDirectory !== undefined) {
    const target = { ...hostAndPort(host), directory: tlsDirectory };
    return (args) => tlsCommand(target, args);
  }
  if (sshCommand === '') {
    return Object.assign((args: readonly string[]) => shell(ASKING, [asking(args), host]), { fixed: true });
  }
  if (host === '' || host.startsWith('-')) throw new LibxlError('ERROR_INVAL', `'${host}' is no host`);
  if (sshCommand === undefined && LOCAL.has(host)) return (args) => withArguments(xl, args);
  const ssh = (words: readonly string[]) =>
    sshCommand === undefined
      ? shell(`${UNDISTURBED} "$@"`, ['ssh', ...words])
      : shell(`${UNDISTURBED} ${sshCommand} "$@"`, words);
  return Object.assign((args: readonly string[]) => ssh([host, 'xl', ...args]), {
    shell: (script: string) => ssh([host, script]),
  });
}

/** `host`, `host:port`, `[address]:port` or an IPv6 address. @throws LibxlError ERROR_INVAL */
export function hostAndPort(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*|[^:]*:[^:]*:.*?))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const number = port === undefined ? TLS_PORT : Number(port);
  if (host !== '' && number > 0 && number < 65_536) return { host, port: number };
  throw new LibxlError('ERROR_INVAL', `'${text}' is no host and port`);
}

/** The arguments are the script's $1, $2 ...: no part of what the shell reads. */
function shell(script: string, args: readonly string[]): Command {
  return { command: 'sh', args: ['-c', script, 'sh', ...args] };
}
