import { isHypervisorError } from '../hypervisor/errors.js';
import type { Hypervisor } from '../hypervisor/hypervisor.js';
import { SaveFault, textOf } from './errors.js';
import { attempt } from './undo.js';

interface Target {
  readonly hypervisor: Hypervisor;
  readonly domid: number;
}

/** Log-dirty mode may be on already (tracking of video memory, a save that was killed): then off, and on again. */
export async function enableLogDirty({ hypervisor, domid }: Target): Promise<void> {
  const first = await attempt(() => hypervisor.enableLogDirty(domid));
  if (first === undefined) return;
  const off = await attempt(() => hypervisor.disableLogDirty(domid));
  const second = await attempt(() => hypervisor.enableLogDirty(domid));
  if (second === undefined) return;
  const offText = off === undefined ? '' : `; switching it off: ${textOf(off)}`;
  throw new SaveFault(
    'LOG_DIRTY',
    `writes can't be tracked (a guest with passed-through devices can't be saved live): ${textOf(first)}${offText}; ` +
      `again: ${textOf(second)}`,
    { cause: second },
  );
}

/** Off also where it was never on: a save that was killed may have left it so. */
export async function stopLogDirty({ hypervisor, domid }: Target): Promise<void> {
  const failure = await attempt(() => hypervisor.disableLogDirty(domid));
  if (failure !== undefined && !isHypervisorError(failure, 'EINVAL', 'ESRCH')) throw failure;
}
