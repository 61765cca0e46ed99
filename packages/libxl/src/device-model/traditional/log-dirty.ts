import { LibxlError } from '../../errors.js';
import { readText, removeTree, transact } from '../../xenstore/store.js';
import { type WaitOptions, watchUntil } from '../../xenstore/wait.js';
import type { DeviceModelNodes } from '../nodes.js';

/**
 * The log-dirty switch of qemu-dm (libxl_dom_save.c of Xen 4.17): a command in logdirty/cmd, which the device model
 * answers with the same word in logdirty/ret; then both nodes go.
 *
 * @throws LibxlError ERROR_FAIL where it is still at an earlier command or answers another word, ERROR_TIMEDOUT; the
 *   signal's reason
 */
export async function switchLogDirty(nodes: DeviceModelNodes, enable: boolean, wait: WaitOptions): Promise<void> {
  const command = `${nodes.path}/logdirty/cmd`;
  const answer = `${nodes.path}/logdirty/ret`;
  const word = enable ? 'enable' : 'disable';
  await transact(nodes.xenstore, async (store) => {
    const earlier = await readText(store, command);
    const answered = await readText(store, answer);
    if (earlier !== undefined && earlier !== answered) {
      throw new LibxlError('ERROR_FAIL', `it was told '${earlier}' before, and said '${answered ?? 'nothing'}'`);
    }
    await removeTree(store, answer);
    await nodes.writeIfThere(store, command, word);
  });
  const taken = () =>
    transact(nodes.xenstore, async (store) => {
      const got = await readText(store, answer);
      if (got === undefined) return undefined;
      if (got !== word) throw new LibxlError('ERROR_FAIL', `it was told '${word}', and answered '${got}'`);
      await removeTree(store, command);
      await removeTree(store, answer);
      return true;
    });
  if (await watchUntil(nodes.xenstore, answer, taken, wait)) return;
  throw new LibxlError('ERROR_TIMEDOUT', `it did not answer '${word}' within ${wait.timeoutMs / 1000} s`);
}
