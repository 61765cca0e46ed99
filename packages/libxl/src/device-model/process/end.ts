import { setTimeout as sleep } from 'node:timers/promises';
import { LibxlError } from '../../errors.js';
import { isRunning, type ProcessIdentity } from './identity.js';

/** How long a device model may take to end by itself. */
const GRACE_MS = 3_000;
const KILL_MS = 10_000;

/** Ends a process, if it still runs; resolves when it is gone. @throws LibxlError ERROR_FAIL where it stays */
export async function endProcess(identity: ProcessIdentity): Promise<void> {
  if (!signal(identity, 'SIGTERM') || (await isGone(identity, GRACE_MS))) return;
  if (!signal(identity, 'SIGKILL') || (await isGone(identity, KILL_MS))) return;
  throw new LibxlError('ERROR_FAIL', `the device model (process ${identity.pid}) does not end, not even killed`);
}

/** @returns false where there is nobody to signal */
function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isRunning(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return isRunning(identity);
  }
}

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (isRunning(identity)) {
    if (performance.now() >= end) return false;
    await sleep(5);
  }
  return true;
}
