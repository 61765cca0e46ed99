import { isLibxlError, restoreFromFile, StreamError, startMonitor } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { parseConfigText, readConfigFile } from '../config-file.js';
import { type Context, printJson } from '../context.js';
import { noViewer, stayForTheDomain } from '../creation/after-creation.js';
import { EXIT, ExitError } from '../exit.js';
import { systemText } from '../format/system-error.js';
import { loadingLines } from '../format/transfer.js';
import { FORCE_CPU_OPTION, forceCpuHint } from '../migration/force-cpu.js';
import { progressFor } from '../progress.js';

export const restore = defineCommand(
  {
    name: 'restore',
    summary: 'Restore a domain from a saved state',
    usage: '[options] [<ConfigFile>] <CheckpointFile>',
    options: {
      paused: { short: 'p', about: 'Leave the domain paused once it is restored.' },
      noMonitor: { short: 'e', about: 'Nobody waits in the background for the death of the domain.' },
      foreground: { short: 'F', about: 'Stay in the foreground until the domain is dead.' },
      debug: { short: 'd', about: 'Print the configuration that is used.' },
      console: { short: 'c', about: 'Connect to the console once the domain is restored.' },
      viewer: { short: 'V', long: 'vncviewer', about: 'Connect to the VNC display once the domain is restored.' },
      viewerAutopass: {
        short: 'A',
        long: 'vncviewer-autopass',
        about: 'Give the VNC password to the viewer by stdin.',
      },
      chain: {
        long: 'chain',
        value: '<file>,...',
        about: 'The incremental saves before <CheckpointFile>, the base first.',
      },
      forceCpu: FORCE_CPU_OPTION,
      json: { long: 'json', about: 'Print a report as JSON at the end.' },
    },
    operands: 1,
    mostOperands: 2,
    modifies: true,
    details:
      "A CheckpointFile '-' is read from the standard input. The file stays as it is. Files of Xen 4.5 and older are " +
      'converted as they are read.',
  },
  async (context, { options, operands }) => {
    const file = operands.at(-1) ?? '';
    const configFile = operands.length === 2 ? operands[0] : undefined;
    const config = configFile === undefined ? undefined : await readConfigFile(context, configFile);
    const progress = progressFor(context, 'restore');
    try {
      const report = await restoreFromFile({
        host: await context.host(),
        from: options.chain === undefined ? (file === '-' ? 0 : file) : [...options.chain.split(','), file],
        paused: options.paused,
        missingCpuFeatures: options.forceCpu ? 'force' : 'refuse',
        ...(config === undefined ? {} : { config }),
        // What xl 4.4 and older wrote: the text of the configuration file.
        parseConfigText: (text) => parseConfigText(context, Buffer.from(text), '<saved>'),
        signal: context.signal,
        onEvent(event) {
          if (event.kind === 'header') {
            context.err(loadingLines(file, event.header, configFile));
            if (options.debug) context.err(`${JSON.stringify(event.config, undefined, 4)}\n`);
          } else if (event.kind === 'progress') {
            const { phase, pagesDone, bytes } = event.progress;
            progress.update({ what: phase, done: pagesDone, total: 0, bytes });
          } else if (event.kind === 'device-model' && event.report.notice !== undefined) {
            progress.clear();
            context.err(`xl: notice: ${event.report.notice}\n`);
          }
        },
      });
      progress.clear();
      for (const warning of report.result.warnings) context.err(`xl: warning: ${warning}\n`);
      if (options.json) printJson(context, { ...report, file });
      if (options.viewer || options.viewerAutopass) noViewer(context);
      if (!options.noMonitor && !options.foreground) startMonitor(await context.host(), report);
      return stayForTheDomain(context, report.domid, options);
    } catch (e) {
      progress.clear();
      throw failure(context, e);
    }
  },
);

/** Stock's words for a file that can't be opened or is none; ours, with the place in the stream, for all else. */
function failure({ globals }: Context, e: unknown): unknown {
  if (e instanceof StreamError && e.layer === 'xl' && e.code === 'BAD_MAGIC') {
    return new ExitError(EXIT.failure, 'File has wrong magic number - corrupt or for a different tool?\n');
  }
  if (isLibxlError(e, 'ERROR_INVAL') && isSystemError(e.details.cause)) {
    return new ExitError(EXIT.failure, `Can't open restore file: ${systemText(e.details.cause)}\n`);
  }
  if (!isLibxlError(e) && !(e instanceof StreamError)) return e;
  const code = isLibxlError(e) ? ` (${e.code} ${e.rc})` : '';
  const stack = globals.verbosity > 1 ? `${e.stack ?? ''}\n` : '';
  return new ExitError(EXIT.failure, `xl: ${e.message}${code}\n${forceCpuHint(e)}${stack}`);
}

function isSystemError(e: unknown): e is NodeJS.ErrnoException {
  return e instanceof Error && 'errno' in e;
}
