import { evacuate, type MoveOutcome } from '@xen-migration/libxl';
import { defineCommand } from '../command.js';
import { printJson } from '../context.js';
import { EvacuationDisplay } from '../evacuation/display.js';
import { makePlan } from '../evacuation/make-plan.js';
import { Mover } from '../evacuation/mover.js';
import { endText, evacuationReport, planText } from '../evacuation/texts.js';
import { EXIT } from '../exit.js';
import { CONVERGENCE_OPTIONS, convergenceOf } from '../migration/convergence.js';
import { LINK_OPTIONS, linkWish } from '../migration/link.js';
import { TLS_DIRECTORY, TLS_OPTIONS } from '../migration/tls.js';
import { SSH_OPTION } from '../migration/transport.js';
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
    const { downtimeMs: _planned, ...convergence } = convergenceOf(options);
    const wish = linkWish(options);
    const { plan, reaches } = await makePlan(context, {
      hosts,
      sshCommand: options.sshCommand,
      tlsDirectory: options.tls ? (options.tlsDir ?? TLS_DIRECTORY) : undefined,
      priority: options.priority,
      only: options.only,
      except: options.except,
      reserveKib: reserve * 1024,
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
      const mover = new Mover(context, { reaches, wish, convergence, noMonitor: options.noMonitor }, display);
      const outcomes: MoveOutcome[] = await evacuate({
        plan,
        parallel,
        migrate: (move) => mover.migrate(move),
        signal: context.signal,
        onEvent: (event) => display.show(event),
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
