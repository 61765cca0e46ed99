import { formatDomainConfig, keyOfDomain, storeConfiguration } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { readConfigFile } from '../config-file.js';
import { requireExistingDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';

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
    operands: 1,
    dryRun: true,
    modifies: true,
  },
  async (context, { options, operands }) => {
    const [domain = '', ...rest] = operands;
    context.err(
      'WARNING: xl now has better capability to manage domain configuration, avoid using this command when possible\n',
    );
    const domid = await requireExistingDomain(context, domain);
    const settings = rest.filter((word) => word.includes('='));
    const file = options.defconfig ?? rest.find((word) => !word.includes('='));
    if (file === undefined) throw new ExitError(EXIT.failure, 'Config file not specified\n');
    const config = await readConfigFile(context, file, { settings });
    if (options.debug || context.globals.dryRun) context.out(formatDomainConfig(config));
    if (context.globals.dryRun) return EXIT.success;
    context.err(`setting dom${domid} configuration\n`);
    const host = await context.host();
    const key = await keyOfDomain(host, domid);
    // It stays the same domain: what it is identified by does not change.
    await storeConfiguration(host, key, { ...config, c_info: { ...config.c_info, uuid: key.uuid } });
    return EXIT.success;
  },
);
