import type { MatrixHost } from '../../matrix/host/matrix-host.js';
import type { CommandResult, RunningCommand } from '../../matrix/host/run-command.js';
import { disturbed, type SignalFault } from '../faults.js';
import type { Place } from '../guest.js';
import type { Expectation } from '../invariant.js';
import type { Task } from '../task.js';

/** Something that is done with a guest, perhaps disturbed by a fault. */
export interface Operation {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  /** Of guests that run, or of saved ones. */
  readonly of: 'running' | 'saved';
  /**
   * Does it, with a fault or without, and says where the guest may be when all its processes have ended.
   *
   * @throws Error where it did not end as it should have
   */
  run(task: Task): Promise<Expectation>;
  /** Once the guest was found to be there. @throws Error that says what does not hold */
  afterwards?(task: Task, place: Place): Promise<void>;
}

/** Half of the operations are disturbed. */
const FAULT_SHARE = 0.5;

/** Chooses what is done to it: 'none', or one of the faults. */
export function chooseFault<T extends string>(task: Task, faults: readonly T[]): T | 'none' {
  const fault = task.choices.happens(FAULT_SHARE) ? task.choices.one(faults) : 'none';
  task.fault = fault;
  return fault;
}

/** A way to the same host, or to the other, and what is done to the guest on it. */
export interface Move<T extends string> {
  readonly from: MatrixHost;
  readonly to: MatrixHost;
  readonly fault: T | 'none';
}

/** Chooses where the guest goes, and one of the faults that there are on that way. */
export function chooseMove<T extends string>(task: Task, faultsOf: (isLocal: boolean) => readonly T[]): Move<T> {
  const from = task.guest.host;
  const to = task.choices.happens(0.5) ? from : task.field.otherThan(from);
  return { from, to, fault: chooseFault(task, faultsOf(to === from)) };
}

/** Waits for a command's end: as it should be, or with what is done to it. */
export function endOf(task: Task, running: RunningCommand, fault: SignalFault | 'none'): Promise<CommandResult> {
  return fault === 'none' ? task.wentWell(running) : disturbed(task, running, fault);
}
