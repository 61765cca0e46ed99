import { existsSync, readFileSync } from 'node:fs';
import type { MatrixHost } from '../../matrix/host/matrix-host.js';
import type { RunningCommand } from '../../matrix/host/run-command.js';
import { LINK_MOMENTS, type LinkFault, type LinkMoment } from '../../matrix/link/faults.js';
import { builtProgram } from '../../repository.js';
import { disturbed, RECEIVER_FAULT, SIGNAL_FAULTS, type SignalFault } from '../faults.js';
import type { Expectation } from '../invariant.js';
import type { Task } from '../task.js';
import { chooseMove, type Operation } from './operation.js';

const MIB = 2 ** 20;
/** What is sent of a guest is at least so much. */
const SURELY_SENT = 3 * MIB;
const STOPPED_PROGRAM = 'matrix-migrate-stopped.js';

/** Sets of options of `xl migrate`. */
const OPTIONS: readonly (readonly string[])[] = [
  [],
  [],
  ['--debug'],
  ['--compress'],
  ['--streams', '2'],
  ['--compress', '--streams', '3'],
  ['--bandwidth', '30'],
  ['--downtime', '100'],
  ['--auto-converge'],
];

const MOMENTS = Object.keys(LINK_MOMENTS) as LinkMoment[];
const LINK_FAULTS = MOMENTS.map((moment) => `the link breaks ${LINK_MOMENTS[moment]}`);
const LINK_AGAIN = 'a connection breaks, and is taken up again';
/** Here only an administrator who sees both hosts can say where the guest is. */
const UNDECIDED: readonly string[] = [LINK_MOMENTS.go, LINK_MOMENTS.report].map((when) => `the link breaks ${when}`);
/** From these on the same can happen where the receiver is killed in the same moment. */
const MAY_BE_UNDECIDED: readonly string[] = [
  ...UNDECIDED,
  RECEIVER_FAULT,
  'kill -9 of any of its processes',
  'kill -9 of its guardian',
];

const ALWAYS: readonly string[] = [...SIGNAL_FAULTS, RECEIVER_FAULT];
const OVER_A_LINK: readonly string[] = [...ALWAYS, ...LINK_FAULTS, LINK_AGAIN];
const NOT_LIVE: readonly string[] = [...ALWAYS, ...LINK_FAULTS].filter((fault) => !fault.startsWith('Ctrl-C'));

interface Report {
  readonly outcome: string;
  readonly downtimeMs?: number;
}

export const MIGRATE: Operation = {
  name: 'migrate',
  weight: 8,
  of: 'running',
  async run(task) {
    const { guest, choices } = task;
    const { from, to, fault } = chooseMove(task, (isLocal) => (isLocal ? ALWAYS : OVER_A_LINK));
    const report = task.file('report.json');
    const waits = choices.happens(0.5) ? ['-e'] : [];
    const options = fault === LINK_AGAIN ? ['--streams', '2', '--bandwidth', '8'] : choices.one(OPTIONS);
    const where = to === from ? [guest.name, 'localhost'] : ['-s', linkTo(task, to, fault), guest.name, to.name];
    const running = task.start(from, ['migrate', ...waits, ...options, '--report', report, ...where]);
    const expected = await ended(task, running, fault, from, to);
    if (existsSync(report)) {
      const { outcome, downtimeMs } = JSON.parse(readFileSync(report, 'utf8')) as Report;
      if (outcome === 'migrated') task.downtimeMs = downtimeMs;
      else if (fault === 'none') throw new Error(`its report says: ${outcome}`);
    }
    return expected;
  },
};

/** Not live; xl has no option for that. */
export const MIGRATE_STOPPED: Operation = {
  name: 'migrate, not live',
  weight: 3,
  of: 'running',
  async run(task) {
    const { guest } = task;
    const { from, to, fault } = chooseMove(task, () => NOT_LIVE);
    const domain = await guest.domain();
    const link = linkTo(task, to, fault);
    task.log(`migrate domain ${domain?.domid}, not live, to ${to.name}   [${from.name}]`);
    const words = [
      process.execPath,
      builtProgram(STOPPED_PROGRAM),
      task.packages.libxlEntry,
      String(domain?.domid),
      link,
    ];
    const running = task.started(words, { env: task.environment(from) });
    return ended(task, running, fault, from, to);
  },
};

function linkTo(task: Task, to: MatrixHost, fault: string): string {
  const once = fault === LINK_AGAIN ? { once: task.file('broke-once') } : {};
  return task.linkTo(to, linkFault(task, fault), { record: false, ...once });
}

function linkFault({ choices }: Task, fault: string): LinkFault | undefined {
  if (fault === LINK_AGAIN) return { at: 'memory', what: 'cut', afterBytes: choices.between(600, 2000) };
  const at = MOMENTS.find((moment) => fault === `the link breaks ${LINK_MOMENTS[moment]}`);
  if (at === undefined) return undefined;
  return at === 'memory'
    ? { at, what: 'cut', afterBytes: choices.between(MIB / 16, SURELY_SENT) }
    : { at, what: 'cut' };
}

async function ended(
  task: Task,
  running: RunningCommand,
  fault: string,
  from: MatrixHost,
  to: MatrixHost,
): Promise<Expectation> {
  if (fault === 'none' || fault === LINK_AGAIN) {
    await task.wentWell(running);
    return { hosts: [to] };
  }
  const isSignal = (ALWAYS as readonly string[]).includes(fault);
  const { code } = await (isSignal ? disturbed(task, running, fault as SignalFault) : running.result);
  const undecided = MAY_BE_UNDECIDED.includes(fault);
  if (code === 0) return { hosts: [to], undecided };
  // It has said itself that it failed: the guest runs on where it was, unless nobody could know.
  if (code === 1 && !undecided) return { hosts: [from] };
  return { hosts: [from, to], undecided };
}
