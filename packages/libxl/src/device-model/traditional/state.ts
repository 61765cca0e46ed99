import { LibxlError } from '../../errors.js';
import { readText } from '../../xenstore/store.js';
import { type WaitOptions, watchUntil } from '../../xenstore/wait.js';
import type { DeviceModelNodes } from '../nodes.js';

/** Waits until the device model says that it is in that state. @throws LibxlError ERROR_TIMEDOUT; the signal's reason */
export async function awaitState(nodes: DeviceModelNodes, wanted: string, wait: WaitOptions): Promise<void> {
  const path = `${nodes.path}/state`;
  const check = async () => ((await readText(nodes.xenstore, path)) === wanted ? true : undefined);
  if (await watchUntil(nodes.xenstore, path, check, wait)) return;
  const state = await readText(nodes.xenstore, path);
  const is = state === undefined ? 'says nothing of its state' : `is '${state}'`;
  throw new LibxlError('ERROR_TIMEDOUT', `it is to be '${wanted}', and after ${wait.timeoutMs / 1000} s it ${is}`);
}
