import type { MatrixHost } from '../matrix/host/matrix-host.js';
import type { CommandResult, RunningCommand } from '../matrix/host/run-command.js';
import { Trial } from '../matrix/trial.js';
import type { Choices } from '../random.js';
import type { Field } from './field.js';
import type { SoakGuest } from './guest.js';

/** Every process of an operation has it in its environment, with the operation's number. */
const OPERATION_VARIABLE = 'XEN_SOAK_OPERATION';

/** One operation with one guest. */
export class Task extends Trial {
  /** What was done to it: 'none', or a fault. */
  fault = 'none';
  /** Of a migration that went through, milliseconds. */
  downtimeMs: number | undefined;
  /** What an administrator would have had to decide, and did. */
  readonly decisions: string[] = [];

  constructor(
    readonly number: number,
    readonly field: Field,
    readonly guest: SoakGuest,
    choices: Choices,
    /** How long such an operation takes, milliseconds: faults come within it. */
    readonly usualMs: number,
  ) {
    super({ packages: field.packages, programs: field.programs, files: field.operationFolder(number), choices });
  }

  /** What its processes have in their environment. */
  get variable(): string {
    return `${OPERATION_VARIABLE}=${process.pid}-${this.number}`;
  }

  override environment(host: MatrixHost): NodeJS.ProcessEnv {
    const [name = '', value] = this.variable.split('=');
    return { ...host.env, [name]: value };
  }

  /** Nothing was done to it: it must succeed. @throws Error */
  async wentWell(running: RunningCommand): Promise<CommandResult> {
    const result = await running.result;
    if (result.code === 0) return result;
    throw new Error(`nothing was done to it, and it ended with ${result.code ?? result.signal}`);
  }
}
