import { createDomain, formatDomainConfig, isLibxlError, keyOfDomain, startMonitor } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { readConfigFile } from '../config-file.js';
import { noViewer, stayForTheDomain } from '../creation/after-creation.js';
import { createByInstalledXl } from '../creation/create-by-installed-xl.js';
import { EXIT, ExitError } from '../exit.js';
import { commandHelp } from '../help.js';

/** libxl's ERROR_FAIL as an exit code. */
const EXIT_FAIL = 3;

export const create = defineCommand(
  {
    name: 'create',
    summary: 'Create a domain from config file <filename>',
    usage: '<ConfigFile> [options] [vars]',
    options: {
      console: { short: 'c', about: 'Connect to the console once the domain is created.' },
      debug: { short: 'd', about: 'Print the configuration that is used.' },
      noMonitor: { short: 'e', about: 'Nobody waits in the background for the death of the domain.' },
      foreground: { short: 'F', about: 'Stay in the foreground until the domain is dead.' },
      defconfig: { short: 'f', long: 'defconfig', value: 'FILE', about: 'Take the configuration from FILE.' },
      dryRun: {
        short: 'n',
        long: 'dryrun',
        about: 'Make nothing; print the configuration as JSON (the global option -N does the same).',
      },
      paused: { short: 'p', about: 'Leave the domain paused once it is created.' },
      quiet: { short: 'q', long: 'quiet', about: 'Say less.' },
      viewer: { short: 'V', long: 'vncviewer', about: 'Connect to the VNC display once the domain is created.' },
      viewerAutopass: {
        short: 'A',
        long: 'vncviewer-autopass',
        about: 'Give the VNC password to the viewer by stdin.',
      },
      ignoreMasks: {
        short: 'i',
        long: 'ignore-global-affinity-masks',
        about: 'Take no notice of the affinity masks in xl.conf.',
      },
    },
    operands: 0,
    dryRun: true,
    modifies: true,
    details:
      "A word with '=' in it is a setting that comes after those of the file: xl create my-vm.cfg memory=512\n" +
      "Kernels named 'builtin:NAME' come with the embedded host: builtin:selfcheck writes its memory and checks it.\n" +
      'On a Xen host the xl that is installed there builds the guest; this one calls it with the same words, and says so.',
  },
  async (context, { options, operands, words }) => {
    const settings = operands.filter((word) => word.includes('='));
    const files = operands.filter((word) => !word.includes('='));
    const file = options.defconfig ?? files[0];
    if (files.length > (options.defconfig === undefined ? 1 : 0)) {
      context.out(commandHelp(create.spec));
      return EXIT.usage;
    }
    if (file === undefined) {
      // -rc of ERROR_INVAL, as stock's.
      throw new ExitError(6, 'Config file not specified and none in save file\n');
    }
    const dryRun = options.dryRun || context.globals.dryRun;
    if (!dryRun && !(await context.host()).buildsGuests) return createByInstalledXl(context, words, options);
    const config = await readConfigFile(context, file, {
      settings,
      dryRun,
      announce: !options.quiet,
      applyCpuMasks: !options.ignoreMasks,
    });
    if (dryRun) {
      context.out(formatDomainConfig(config));
      return EXIT.success;
    }
    if (options.debug) context.err(formatDomainConfig(config));
    const host = await context.host();
    let domid: number;
    try {
      domid = await createDomain({
        host,
        config,
        guarded: true,
        start: !options.paused,
        onEvent({ report: { notice } }) {
          if (notice !== undefined && !options.quiet) context.err(`xl: notice: ${notice}\n`);
        },
      });
    } catch (e) {
      if (!isLibxlError(e)) throw e;
      // Of what goes wrong once there is a domain, or stands in the way of one, libxl only says ERROR_FAIL.
      const status = e.details.domid === undefined ? -e.rc : EXIT_FAIL;
      throw new ExitError(status, `xl: ${e.message} (${e.code} ${e.rc})\n`);
    }
    if (!options.noMonitor && !options.foreground) startMonitor(host, await keyOfDomain(host, domid));
    if (options.viewer || options.viewerAutopass) noViewer(context);
    return stayForTheDomain(context, domid, options);
  },
);
