import { setTimeout as sleep } from 'node:timers/promises';
import { isHypervisorError } from '@xen-migration/libxc';
import { domainInfo } from '../domain/list.js';
import { keyOfDomain } from '../domain/names.js';
import { LibxlError, libxlErrorOf } from '../errors.js';
import { Guardian } from '../guardian/guardian.js';
import type { Host } from '../host/open-host.js';

export interface DirtyRateOptions {
  readonly host: Host;
  readonly domid: number;
  /** How long it is watched; default: one second. */
  readonly overMs?: number;
  readonly signal?: AbortSignal;
}

export interface DirtyRate {
  /** Pages that were written at least once. */
  readonly pages: number;
  readonly overMs: number;
}

const SECOND = 1_000;

/**
 * Watches which pages a guest writes. It costs the guest a fault for each of them.
 *
 * @throws LibxlError where its writes can't be tracked: devices are passed through to it, or it is being migrated
 */
export async function measureDirtyRate({ host, domid, overMs = SECOND, signal }: DirtyRateOptions): Promise<DirtyRate> {
  const { hypervisor } = host;
  const guardian = Guardian.start(host);
  try {
    const key = await keyOfDomain(host, domid);
    await hypervisor.enableLogDirty(domid);
    guardian.plan([{ do: 'run-source', ...key, asked: false }]);
    try {
      const count = (await hypervisor.maximumGpfn(domid)) + 1;
      const bitmap = new Uint8Array(Math.ceil(count / 64) * 8);
      await hypervisor.logDirty(domid, 'clean', bitmap, count, false);
      const start = performance.now();
      await sleep(overMs, undefined, signal === undefined ? {} : { signal });
      await hypervisor.logDirty(domid, 'peek', bitmap, count, false);
      return { pages: countBits(bitmap), overMs: performance.now() - start };
    } finally {
      await hypervisor.disableLogDirty(domid);
    }
  } catch (e) {
    const { shutdown } = await domainInfo(host, domid);
    if (isHypervisorError(e, 'EINVAL') && !shutdown) {
      const text = 'its writes are tracked already, by incremental saves or by a migration';
      throw new LibxlError('ERROR_FAIL', text, { domid, cause: e });
    }
    throw libxlErrorOf(e, shutdown ? 'the domain is shut down' : 'watching what it writes', domid);
  } finally {
    await guardian.dismiss();
  }
}

function countBits(bitmap: Uint8Array): number {
  let count = 0;
  for (const byte of bitmap) for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}
