import { openConsole, waitForDeath } from '@xen-migration/libxl';
import { attachTerminal } from '../console/attach-terminal.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit.js';

export interface StayOptions {
  readonly console: boolean;
  readonly foreground: boolean;
}

/** After a domain was made: its console, if it was asked for, or the wait for its death. */
export async function stayForTheDomain(context: Context, domid: number, options: StayOptions): Promise<number> {
  const host = await context.host();
  if (options.console) await attachTerminal(await openConsole(host, domid), { signal: context.signal });
  if (!options.foreground) return EXIT.success;
  const death = await waitForDeath(host, domid, { signal: context.signal });
  context.err(
    death === 'gone' ? `Domain ${domid} has been destroyed.\n` : `Domain ${domid} has shut down, reason ${death}\n`,
  );
  return EXIT.success;
}

export function noViewer(context: Context): void {
  context.err('xl: the domain has no VNC display to connect to\n');
}
