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
