import { isLibxlError, type LibxlDomainConfig, updateConfiguration } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { readConfigFile } from '../config-file.js';
import { type Context, requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { domainEntry } from '../format/long-listing.js';
import { commandHelp } from '../help.js';

/** What stock's main() makes of ERROR_FAIL here. */
const EXIT_UNREADABLE = 253;

export const configUpdate = defineCommand(
  {
    name: 'config-update',
    summary:
      "Update a running domain's saved configuration, used when rebuilding the domain after reboot.\n" +
      'WARNING: xl now has better capability to manage domain configuration, avoid using this command when possible',
    usage: '<Domain> <ConfigFile> [options] [vars]',
    options: {
      defconfig: { short: 'f', long: 'defconfig', value: 'FILE', about: 'Take the configuration from FILE.' },
      debug: { short: 'd', about: 'Print the configuration that is kept.' },
      quiet: { short: 'q', about: 'Accepted; it changes nothing.', hidden: true },
    },
    operands: 0,
    dryRun: true,
    modifies: true,
  },
  async (context, { options, operands }) => {
    const [domain, ...rest] = operands;
    if (domain === undefined) {
      context.err('xl config-update requires a domain argument\n');
      context.out(commandHelp(configUpdate.spec));
      return EXIT.failure;
    }
    context.err(
      'WARNING: xl now has better capability to manage domain configuration, avoid using this command when possible\n',
    );
    const domid = await requireDomain(context, domain);
    const settings = rest.filter((word) => word.includes('='));
    const file = options.defconfig ?? rest.find((word) => !word.includes('='));
    if (file === undefined) throw new ExitError(EXIT.failure, 'Config file not specified\n');
    const config = await readConfigFile(context, file, { settings, unreadable: { code: EXIT_UNREADABLE } });
    if (options.debug || context.globals.dryRun) context.out(domainEntry(undefined, config));
    if (!context.globals.dryRun) await keep(context, domid, config);
    return EXIT.success;
  },
);

async function keep(context: Context, domid: number, config: LibxlDomainConfig): Promise<void> {
  context.err(`setting dom${domid} configuration\n`);
  const host = await context.host();
  try {
    await updateConfiguration(host, domid, config);
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(EXIT.failure, `xl: ${e.message}\nfailed to update configuration\n`);
  }
}
