import { HypervisorError } from '../hypervisor/errors.js';
import { Random } from './memory/random.js';
import type { OperationArgs, OperationName } from './wire/operations.js';

/** What a real host never refuses for the moment: giving back, waiting, and what the event channel driver does. */
const UNDISTURBED: ReadonlySet<OperationName> = new Set([
  'unmap',
  'closeEventChannels',
  'unbind',
  'pendingPort',
  'openEventChannels',
  'bindInterdomain',
  'bindVirq',
  'notify',
  'info',
]);

/**
 * A mode in which the host is as disobliging as a busy one can be: operations answer EAGAIN or EINTR before they did
 * anything, and populating makes fewer extents than asked for although there are more.
 */
export class Interference {
  private readonly random: Random;

  /** @param share of the operations that are disturbed, 0 to 1 */
  constructor(
    private readonly share: number,
    seed: number,
  ) {
    this.random = new Random(seed);
  }

  /** @returns the arguments to go on with. @throws HypervisorError EAGAIN, EINTR */
  disturb<N extends OperationName>(name: N, args: OperationArgs<N>): OperationArgs<N> {
    if (UNDISTURBED.has(name) || this.random.below(1_000_000) >= this.share * 1_000_000) return args;
    if (name === 'populatePhysmap' && this.random.below(2) === 0) return this.fewer(args);
    const code = this.random.below(2) === 0 ? 'EAGAIN' : 'EINTR';
    throw new HypervisorError(code, name, typeof args[0] === 'number' ? args[0] : undefined, 'not at the moment');
  }

  private fewer<N extends OperationName>(args: OperationArgs<N>): OperationArgs<N> {
    const [domid, pfns, order] = args as unknown as OperationArgs<'populatePhysmap'>;
    const some = pfns.subarray(0, 1 + this.random.below(pfns.length));
    return [domid, some, order] as unknown as OperationArgs<N>;
  }
}
