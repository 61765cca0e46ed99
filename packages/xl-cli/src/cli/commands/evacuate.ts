import {
  type EvacuationPlan,
  evacuateToTargets,
  isLibxlError,
  type PrepareEvacuationOptions,
  prepareEvacuation,
} from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { printJson } from '../context.js';
import { EvacuationDisplay } from '../evacuation/display.js';
import { listOf, prioritiesOf } from '../evacuation/lists.js';
import { endText, evacuationReport, planText } from '../evacuation/texts.js';
import { EXIT, ExitError } from '../exit.js';
import { CONVERGENCE_OPTIONS, convergenceOf } from '../migration/convergence.js';
import { LINK_OPTIONS, linkWish } from '../migration/link.js';
import { reachOf } from '../migration/target.js';
import { SSH_OPTION, TLS_OPTIONS } from '../migration/target-options.js';
import { ReportFile } from '../report-file.js';
import { wholeNumber } from '../values.js';

const MAX_PARALLEL = 16;
const MAX_RESERVE_MIB = 1 << 30;

export const evacuateCommand = defineCommand(
  {
    name: 'evacuate',
    summary: 'Migrate all domains to other hosts',
    usage: '[options] <host>...',
    options: {
      parallel: { long: 'parallel', value: '<n>', about: 'Migrate <n> domains at once; default: 2.' },
      priority: {
        long: 'priority',
        value: '<Domain>=<n>,...',
        about: 'Domains with a higher <n> go first; default: 0. Among equals the largest go first.',
      },
      only: { long: 'only', value: '<Domain>,...', about: 'Migrate these domains alone.' },
      except: { long: 'except', value: '<Domain>,...', about: 'Leave these domains here.' },
      reserve: { long: 'reserve', value: '<MiB>', about: 'Leave so much memory free at each host.' },
      sshCommand: SSH_OPTION,
      noMonitor: { short: 'e', about: 'At the targets nobody waits in the background for the deaths of the domains.' },
      ...TLS_OPTIONS,
      ...LINK_OPTIONS,
      ...CONVERGENCE_OPTIONS,
      json: { long: 'json', about: 'Print the report as JSON at the end; with -N the plan.' },
      report: { long: 'report', value: '<file>', about: 'Write the report as JSON to <file>.' },
    },
    operands: 1,
    dryRun: true,
    modifies: true,
    details:
      'Every domain is checked against every host as xl migrate --check does it; the plan gives no host more than it has\n' +
      "room for. 'xl -N evacuate' shows the plan and ends. A migration that fails stops none of the others; Ctrl-C ends\n" +
      'those that are under way, whose domains run on here. Called again, it goes on with what is left. The exit code is 0\n' +
      'where nothing is left.',
  },
  async (context, { options, operands: hosts }) => {
    const parallel = options.parallel === undefined ? 2 : wholeNumber('parallel', options.parallel, 1, MAX_PARALLEL);
    const reserve = options.reserve === undefined ? 0 : wholeNumber('reserve', options.reserve, 0, MAX_RESERVE_MIB);
    const convergence = convergenceOf(options);
    const wish = linkWish(options);
    const priorities = prioritiesOf(options.priority ?? '');
    const targets = new Map(hosts.map((name) => [name, reachOf(name, options)]));
    const host = await context.host();
    const { signal } = context;
    const plan = await planned({
      host,
      targets,
      ...(options.only === undefined ? {} : { only: listOf(options.only) }),
      except: listOf(options.except ?? ''),
      priorities,
      reserveKib: reserve * 1024,
      signal,
      onUnreachable: (name, error) => context.err(`xl: ${name}: ${error.message}\n`),
    });
    const show = options.json ? context.err : context.out;
    show(planText(plan, parallel));
    const { dryRun } = context.globals;
    if (dryRun) {
      if (options.json) printJson(context, plan);
      return plan.left.length === 0 ? EXIT.success : EXIT.failure;
    }
    const file = options.report === undefined ? undefined : ReportFile.create(options.report);
    try {
      const start = performance.now();
      const startedAt = new Date().toISOString();
      const display = new EvacuationDisplay(context);
      const { verbosity, timestamps } = context.globals;
      const outcomes = await evacuateToTargets({
        host,
        plan,
        targets,
        parallel,
        receiver: { noMonitor: options.noMonitor, verbosity, timestamps },
        ...wish,
        ...convergence,
        signal,
        onEvent: (event) => display.show(event),
        onText: (move, text) => display.said(move, text),
      });
      display.clear();
      const report = evacuationReport(plan, outcomes, { startedAt, totalMs: performance.now() - start });
      file?.write(report);
      show(endText(plan, outcomes));
      if (options.json) printJson(context, report);
      return report.complete ? EXIT.success : EXIT.failure;
    } finally {
      file?.close();
    }
  },
);

async function planned(options: PrepareEvacuationOptions): Promise<EvacuationPlan> {
  try {
    return await prepareEvacuation(options);
  } catch (e) {
    if (!isLibxlError(e)) throw e;
    throw new ExitError(e.code === 'ERROR_INVAL' ? EXIT.usage : EXIT.failure, `xl: ${e.message}\n`);
  }
}
