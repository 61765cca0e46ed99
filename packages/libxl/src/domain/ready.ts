import { LibxlError } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { featureSuspendPath } from '../xenstore/paths.js';
import { readText } from '../xenstore/store.js';
import { watchUntil } from '../xenstore/wait.js';

const READY_TIMEOUT_MS = 60_000;

/**
 * Waits until the guest's kernel has said that it can be suspended (`control/feature-suspend`): a PV guest that is still
 * booting has no p2m yet, and can't be saved or migrated.
 *
 * @throws LibxlError ERROR_TIMEDOUT
 */
export async function waitUntilSuspendable(
  host: Host,
  domid: number,
  { timeoutMs = READY_TIMEOUT_MS, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const path = featureSuspendPath(domid);
  const said = async () => ((await readText(host.xenstore, path)) === '1' ? true : undefined);
  const ready = await watchUntil(host.xenstore, path, said, {
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  if (ready === undefined) {
    throw new LibxlError('ERROR_TIMEDOUT', `the guest has not said within ${timeoutMs} ms that it can be suspended`, {
      domid,
    });
  }
}
