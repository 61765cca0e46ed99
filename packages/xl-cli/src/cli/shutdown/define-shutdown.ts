import {
  domainSummary,
  isLibxlError,
  listDomains,
  rebootDomain,
  shutdownDomain,
  waitForDeath,
} from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { type Context, requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

export interface ShutdownWords {
  readonly name: 'shutdown' | 'reboot';
  readonly asks: 'poweroff' | 'reboot';
  readonly summary: string;
  readonly doing: string;
  readonly fallback: string;
  readonly wait: string;
}

/** `xl shutdown` and `xl reboot` differ in what they ask for. */
export function defineShutdown(words: ShutdownWords) {
  return defineCommand(
    {
      name: words.name,
      summary: words.summary,
      usage: '[options] <-a|Domain>',
      options: {
        all: { short: 'a', long: 'all', about: 'Ask all guest domains.' },
        fallback: { short: 'F', about: words.fallback },
        wait: { short: 'w', long: 'wait', about: words.wait },
      },
      operands: 0,
      modifies: true,
    },
    async (context, { options, operands: [domain] }) => {
      if (domain === undefined && !options.all) {
        throw new ExitError(EXIT.failure, 'You must specify -a or a domain id.\n\n');
      }
      const domids = options.all ? await guests(context) : [await requireDomain(context, domain ?? '')];
      for (const domid of domids) await ask(context, words, domid, options.fallback);
      if (!options.wait) return EXIT.success;
      context.err(`Waiting for ${domids.length} domains\n`);
      const host = await context.host();
      const deaths = domids.map(async (domid) => {
        const death = await waitForDeath(host, domid, { signal: context.signal });
        const what = death === 'gone' ? 'been destroyed' : `been shut down, reason ${death}`;
        context.err(`Domain ${domid} has ${what}\n`);
      });
      await Promise.all(deaths);
      return EXIT.success;
    },
  );
}

async function guests(context: Context): Promise<number[]> {
  return (await listDomains(await context.host())).map(({ domid }) => domid).filter((domid) => domid !== 0);
}

async function ask(context: Context, words: ShutdownWords, domid: number, fallback: boolean): Promise<void> {
  const host = await context.host();
  context.err(`${words.doing} domain ${domid}\n`);
  try {
    await domainSummary(host, domid);
    await (words.asks === 'poweroff' ? shutdownDomain : rebootDomain)(host, domid, { signal: context.signal });
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    const hint = e.code === 'ERROR_NOPARAVIRT' ? noDrivers(words, fallback) : `xl: ${e.message}\n`;
    throw new ExitError(EXIT.failure, `${hint}${words.name} failed (rc=${e.rc})\n`);
  }
}

function noDrivers({ name, asks }: ShutdownWords, fallback: boolean): string {
  const button = asks === 'poweroff' ? 'power' : 'reset';
  if (fallback) return `PV control interface not available: this host has no ACPI ${button} button to press.\n`;
  return (
    `PV control interface not available: external graceful ${name} not possible.\n` +
    `Use "-F" to fallback to ACPI ${button} event.\n`
  );
}
