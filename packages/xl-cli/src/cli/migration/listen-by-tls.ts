import { type Command, readTlsCredentials, receiverCommand, serveTls, type TlsServerEvent } from '@xen-migration/libxl';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

/** Receives migrations by TLS until the signal comes. @param xl runs the receivers @throws LibxlError, ExitError */
export async function listenByTls(context: Context, xl: Command, listen: string, directory: string): Promise<void> {
  const [, address, port] = /^(?:\[?([^\]]*?)\]?:)?(\d{1,5})$/.exec(listen) ?? [];
  if (port === undefined || Number(port) > 65_535) {
    throw new ExitError(EXIT.usage, `xl: --tls-listen takes [<address>:]<port>, not '${listen}'\n`);
  }
  await serveTls({
    credentials: readTlsCredentials(directory),
    port: Number(port),
    ...(address === undefined ? {} : { address }),
    commandFor: receiverCommand(xl),
    onEvent: (event) => context.err(`xl: TLS: ${eventText(event)}\n`),
    signal: context.signal,
  });
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
