import { isLibxlError, LibxlError, MigrationError, migrateToTarget, retrieveConfiguration } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { NOT_RETRIEVED, OVERRIDE_UNREADABLE, readConfigFile } from '../config-file.js';
import { type Context, printJson, requireDomain } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { runCheck } from '../migration/check.js';
import { CONVERGENCE_OPTIONS, convergenceOf } from '../migration/convergence.js';
import { jsonEvents } from '../migration/events.js';
import { FORCE_CPU_OPTION } from '../migration/force-cpu.js';
import { LINK_OPTIONS, linkWish } from '../migration/link.js';
import { failureReport, failureText, successReport, summary, transportText } from '../migration/outcome.js';
import { reachOf, receiverManner } from '../migration/target.js';
import { SSH_OPTION, TLS_OPTIONS } from '../migration/target-options.js';
import { tell } from '../migration/tell.js';
import { besideProgress, progressFor } from '../progress.js';
import { ReportFile } from '../report-file.js';

export const migrate = defineCommand(
  {
    name: 'migrate',
    summary: 'Migrate a domain to another host',
    usage: '[options] <Domain> <host>',
    options: {
      config: { short: 'C', value: '<config>', about: 'Send <config> instead of what the domain was created from.' },
      sshCommand: SSH_OPTION,
      noMonitor: { short: 'e', about: 'At the target nobody waits in the background for the death of the domain.' },
      foreground: { short: 'F', about: 'As -e does for the options of migrate-receive.', hidden: true },
      live: { long: 'live', about: 'Accepted; a migration is always live.' },
      debug: { long: 'debug', about: 'Send all memory once more at the end, for the target to compare.' },
      paused: { short: 'p', about: 'Leave the domain paused at the target.' },
      preserveDomid: { short: 'D', about: 'Keep the domain id.' },
      check: {
        long: 'check',
        about:
          'Change nothing: say whether the domain can be migrated, what stands in the way, and what it would take. The ' +
          'exit code is 0 where nothing stands in the way. With --json as JSON.',
      },
      forceCpu: FORCE_CPU_OPTION,
      ...TLS_OPTIONS,
      ...LINK_OPTIONS,
      ...CONVERGENCE_OPTIONS,
      json: { long: 'json', about: 'Print a report as JSON at the end.' },
      report: { long: 'report', value: '<file>', about: 'Write the report, of a failure too, as JSON to <file>.' },
      events: {
        long: 'events',
        value: '<format>',
        about: "Print what happens as it happens; the <format> is 'json': one object a line.",
      },
    },
    operands: 2,
    modifies: true,
    details:
      'localhost is reached without ssh. The domain here is destroyed only when the target has said that its copy runs;\n' +
      'until the target has been told to start it, every failure and Ctrl-C leave the domain running here.',
  },
  async (context, { options, operands: [domain = '', target = ''] }) => {
    checkEvents(options.events);
    const domid = await requireDomain(context, domain);
    const config =
      options.config === undefined
        ? await keptConfig(context, domid)
        : await readConfigFile(context, options.config, { unreadable: OVERRIDE_UNREADABLE });
    const migration = { domain: config.c_info?.name ?? domain, domid, target, startedAt: new Date().toISOString() };
    const wish = linkWish(options);
    const convergence = convergenceOf(options);
    const reach = reachOf(target, options);
    if (options.check) {
      const { json } = options;
      const { bytesPerSecond } = wish;
      const { downtimeMs } = convergence;
      return runCheck(context, { ...migration, config, reach, bytesPerSecond, downtimeMs, json });
    }
    const progress = progressFor(context, 'migration sender');
    const events = options.events === undefined ? undefined : jsonEvents(context.out);
    const report = options.report === undefined ? undefined : ReportFile.create(options.report);
    const conclude = (result: Record<string, unknown>) => {
      progress.clear();
      report?.write(result);
      if (events !== undefined) context.out(`${JSON.stringify({ event: 'end', ...result })}\n`);
      else if (options.json) printJson(context, result);
    };
    const onText = besideProgress(context, progress);
    let ended = '';
    try {
      const done = await migrateToTarget({
        host: await context.host(),
        domid,
        config,
        reach,
        receiver: {
          ...receiverManner(context),
          noMonitor: options.noMonitor || options.foreground,
          debug: options.debug,
          paused: options.paused,
          forceCpu: options.forceCpu,
        },
        preserveDomid: options.preserveDomid,
        debug: options.debug,
        ...wish,
        ...convergence,
        signal: context.signal,
        onEvent(event) {
          if (event.kind === 'transport-end') ended = transportText(event.pid, event.end);
          tell(context, progress, event);
          events?.(event);
        },
        ...(onText === undefined ? {} : { onText }),
      });
      progress.clear();
      context.err('Migration successful.\n');
      for (const problem of done.problems) context.err(`xl: the domain runs at the target, but here: ${problem}\n`);
      // Elsewhere stock's texts stay alone: scripts read them.
      if (context.stderrIsTerminal || context.globals.verbosity > 0) context.err(summary(context, migration, done));
      conclude(successReport(migration, done));
      context.err(ended);
      return EXIT.success;
    } catch (e) {
      if (!(e instanceof LibxlError)) throw e;
      conclude(failureReport(migration, e));
      if (!(e instanceof MigrationError)) throw e;
      throw new ExitError(EXIT.failure, `${ended}${failureText(context, migration, e)}`);
    } finally {
      progress.clear();
      report?.close();
    }
  },
);

function checkEvents(format: string | undefined): void {
  if (format === undefined || format === 'json') return;
  throw new ExitError(EXIT.usage, `xl: --events knows the format 'json', not '${format}'\n`);
}

async function keptConfig(context: Context, domid: number) {
  try {
    return await retrieveConfiguration(await context.host(), domid);
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(EXIT.failure, `xl: ${e.message}\n${NOT_RETRIEVED}\n`);
  }
}
