import { readTlsCredentials, serveTls, type TlsServerEvent } from '@xen-migration/libxl';
import type { OptionSpec, OptionSpecs } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { parseArguments } from '../options.js';
import { FORCE_CPU_OPTION, localXl, type Transport } from './transport.js';

export const TLS_DIRECTORY = '/etc/xen/tls';

export const TLS_DIR_OPTION = {
  long: 'tls-dir',
  value: '<directory>',
  about: `Where cert.pem, key.pem (mode 0600) and ca.pem are, for TLS; default: ${TLS_DIRECTORY}.`,
} as const satisfies OptionSpec;

export const TLS_OPTIONS = {
  tls: {
    long: 'tls',
    about:
      'Reach <host>[:<port>] by TLS instead of ssh; there, xl migrate-receive --tls-listen must run. Both show a ' +
      'certificate that the authority in ca.pem has signed.',
  },
  tlsDir: TLS_DIR_OPTION,
} as const satisfies OptionSpecs;

/** What a sender may ask of the receiver's xl; anything else is refused. */
const REMOTE_OPTIONS = {
  capabilities: { long: 'capabilities', about: '' },
  sink: { long: 'sink', about: '' },
  link: { long: 'link', value: '<id>', about: '' },
  join: { long: 'join', value: '<id>', about: '' },
  noMonitor: { short: 'e', about: '' },
  debug: { short: 'd', about: '' },
  paused: { short: 'p', about: '' },
  forceCpu: FORCE_CPU_OPTION,
} as const satisfies OptionSpecs;

const LINK_ID = /^[0-9a-f]{32}$/;

/** Receives migrations by TLS until the signal comes. @throws LibxlError, ExitError */
export async function listenByTls(context: Context, listen: string, directory: string): Promise<void> {
  const [, address, port] = /^(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(listen) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new ExitError(EXIT.usage, `xl: --tls-listen takes [<address>:]<port>, not '${listen}'\n`);
  }
  await serveTls({
    credentials: readTlsCredentials(directory),
    port: Number(port),
    ...(address === undefined ? {} : { address }),
    commandFor: receiverFor,
    onEvent: (event) => context.err(`xl: TLS: ${eventText(event)}\n`),
    signal: context.signal,
  });
}

/** The receiver that a sender asks for, made anew of what was understood of its request. */
export function receiverFor(args: readonly string[]): Transport | undefined {
  const at = args.indexOf('migrate-receive');
  const globals = args.slice(0, Math.max(at, 0));
  if (at < 0 || !globals.every((word) => /^-(?:t|T|v{1,3})$/.test(word))) return undefined;
  const parsed = parseArguments(REMOTE_OPTIONS, args.slice(at + 1));
  if (parsed.kind !== 'run' || parsed.operands.length > 0) return undefined;
  const { capabilities, sink, link, join, noMonitor, debug, paused, forceCpu } = parsed.options;
  if (![link, join].every((id) => id === undefined || LINK_ID.test(id))) return undefined;
  return localXl([
    ...globals,
    'migrate-receive',
    ...(capabilities ? ['--capabilities'] : []),
    ...(sink ? ['--sink'] : []),
    ...(noMonitor ? ['-e'] : []),
    ...(debug ? ['-d'] : []),
    ...(paused ? ['-p'] : []),
    ...(forceCpu ? ['--force-cpu'] : []),
    ...(link === undefined ? [] : ['--link', link]),
    ...(join === undefined ? [] : ['--join', join]),
  ]);
}

function eventText(event: TlsServerEvent): string {
  switch (event.kind) {
    case 'listening':
      return `listening on port ${event.port}`;
    case 'connected':
      return `a connection from ${event.from}`;
    case 'accepted':
      return `${printable(event.peer)} (${event.from}): xl ${event.args.join(' ')}`;
    case 'refused':
      return `refused${event.from === undefined ? '' : ` ${event.from}`}: ${printable(event.why)}`;
    case 'ended':
      return `${printable(event.peer)}: ended with ${event.status}`;
  }
}

/** What comes from elsewhere does not steer a terminal. */
const printable = (text: string) => text.replace(/[^\x20-\x7e]/g, '?');
