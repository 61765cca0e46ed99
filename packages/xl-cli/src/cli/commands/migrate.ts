import {
  type HandOverEvent,
  isLibxlError,
  type LibxlError,
  type MigrateEvent,
  MigrationError,
  migrateDomain,
  retrieveConfiguration,
} from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { readConfigFile } from '../config-file.js';
import { type Context, printJson, requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { savingLine, showSaveEvent } from '../format/transfer.js';
import { startTransport, transportTo } from '../migration/transport.js';
import { type Progress, progressFor } from '../progress.js';

export const migrate = defineCommand(
  {
    name: 'migrate',
    summary: 'Migrate a domain to another host',
    usage: '[options] <Domain> <host>',
    options: {
      config: { short: 'C', value: '<config>', about: 'Send <config> instead of what the domain was created from.' },
      sshCommand: {
        short: 's',
        value: '<sshcommand>',
        about:
          'Run <sshcommand> through sh instead of ssh. If it is empty, <host> itself is a command for sh that ' +
          'leads to an xl migrate-receive [-d -e].',
      },
      noMonitor: { short: 'e', about: 'At the target nobody waits in the background for the death of the domain.' },
      foreground: { short: 'F', about: 'As -e does for the options of migrate-receive.', hidden: true },
      live: { long: 'live', about: 'Accepted; a migration is always live.' },
      debug: { long: 'debug', about: 'Send all memory once more at the end, for the target to compare.' },
      paused: { short: 'p', about: 'Leave the domain paused at the target.' },
      preserveDomid: { short: 'D', about: 'Keep the domain id.' },
      json: { long: 'json', about: 'Print a report as JSON at the end.' },
    },
    operands: 2,
    modifies: true,
    details:
      'localhost is reached without ssh. The domain here is destroyed only when the target has said that its copy runs;\n' +
      'until the target has been told to start it, every failure and Ctrl-C leave the domain running here.',
  },
  async (context, { options, operands: [domain = '', target = ''] }) => {
    const domid = await requireDomain(context, domain);
    const host = await context.host();
    const config =
      options.config === undefined ? await keptConfig(context, domid) : await readConfigFile(context, options.config);
    const transport = startTransport(
      transportTo({
        host: target,
        sshCommand: options.sshCommand,
        noMonitor: options.noMonitor || options.foreground,
        debug: options.debug,
        paused: options.paused,
        globals: context.globals,
        terminal: context.stderrIsTerminal,
      }),
    );
    const progress = progressFor(context, 'migration sender');
    try {
      const report = await migrateDomain({
        host,
        domid,
        config,
        connection: transport.connection,
        preserveDomid: options.preserveDomid,
        debug: options.debug,
        signal: context.signal,
        onEvent: (event) => tell(context, progress, event),
      });
      context.err('Migration successful.\n');
      for (const problem of report.problems) context.err(`xl: the domain runs at the target, but here: ${problem}\n`);
      const ended = await transport.report();
      if (options.json) printJson(context, report);
      if (ended !== '') context.err(ended);
      return EXIT.success;
    } catch (e) {
      progress.clear();
      const ended = await transport.report();
      if (!(e instanceof MigrationError)) throw e;
      if (options.json) printJson(context, { error: e.message, code: e.code, at: e.at, source: e.source });
      throw new ExitError(EXIT.failure, `${ended}${failureText(e)}`);
    }
  },
);

async function keptConfig(context: Context, domid: number) {
  try {
    return await retrieveConfiguration(await context.host(), domid);
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    const none = 'No config file stored for running domain and none supplied - cannot migrate.\n';
    throw new ExitError(EXIT.failure, e.code === 'ERROR_JSON_CONFIG_EMPTY' ? none : `xl: ${e.message}\n${none}`);
  }
}

/** Stock's words at stock's moments. */
function tell(context: Context, progress: Progress, event: MigrateEvent): void {
  const say = (text: string) => {
    progress.clear();
    context.err(`migration sender: ${text}\n`);
  };
  switch (event.kind) {
    case 'sending':
      progress.clear();
      context.err(savingLine('migration stream', event.header));
      break;
    case 'state':
      if (event.state === 'acknowledged') say('Target has acknowledged transfer.');
      break;
    case 'resuming-source':
      say(senderFailure(event.error));
      break;
    case 'hand-over':
      for (const text of handOverTexts(event.event)) say(text);
      break;
    default:
      showSaveEvent(progress, event);
  }
}

function handOverTexts(event: HandOverEvent): string[] {
  switch (event.step) {
    case 'giving-permission':
      return ['Giving target permission to start.'];
    case 'target-started':
      return ['Target reports successful startup.'];
    case 'given-back':
      return [`Target reports startup failure (status code ${event.status}).`, 'Trying to resume at our end.'];
    case 'resumed':
      return ['Resumed OK.'];
  }
}

const senderFailure = (error: LibxlError) => `libxl_domain_suspend failed (rc=${error.rc}): ${error.message}`;

/** How it ended, and what runs where. */
function failureText(error: MigrationError): string {
  const cleanup = (error.details.cleanup ?? []).map((problem) => `xl: not done: ${problem}\n`).join('');
  if (error.source === 'suspended') {
    return (
      `xl: ${error.message}\n` +
      '** Migration failed during final handshake **\n' +
      'Domain state is now undefined !\n' +
      'The target was given permission to start the domain, and did not say whether it did. The domain here is\n' +
      'suspended and called NAME--migratedaway. Look at the target first: if it does not run there, resume it here;\n' +
      'if it does, destroy the one here. Two of it running would write to the same disks.\n'
    );
  }
  if (error.targetStatus !== undefined) {
    return `${cleanup}xl: ${error.message}\nMigration failed due to problems at target.\n`;
  }
  const timedOut = error.code === 'ERROR_GUEST_TIMEDOUT';
  const last = timedOut ? 'failed to suspend at sender' : 'resuming at sender';
  return `${cleanup}Migration failed, ${last}.\n`;
}
