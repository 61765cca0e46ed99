import { SHUTDOWN } from '@xen-migration/libxc';
import { USER_REGS_32, USER_REGS_64, VCPU_CONTEXT_32, VCPU_CONTEXT_64 } from '@xen-migration/stream-format/structures';
import { deviceModelOf, withDeviceModel } from '../device-model/attach.js';
import { LibxlError, textOf } from '../errors.js';
import type { Host } from '../host/open-host.js';
import { RELEASE_DOMAIN } from '../xenstore/paths.js';
import { watchUntil } from '../xenstore/wait.js';
import { withdrawRequest } from './control.js';
import { hvmParam, PARAM } from './hvm-param.js';
import { domainInfo, domainInfoIfThere } from './list.js';
import { suspendsLater } from './suspend.js';

/** Where (r)ax, the suspend hypercall's answer, is in vcpu_guest_context, by bytes of a guest word. */
const ANSWER_OFFSET = {
  4: VCPU_CONTEXT_32.offsets.user_regs + USER_REGS_32.offsets.eax,
  8: VCPU_CONTEXT_64.offsets.user_regs + USER_REGS_64.offsets.rax,
} as const;
/** What that answer says to a guest that goes on in the same domain. */
const SUSPEND_CANCELLED = 1;

/**
 * How long a guest that was asked to suspend, and then was not wanted to, may still take to do so. It runs meanwhile; one
 * that suspends when nobody waits any more would stand still for good, and nothing tells one that was not asked from one
 * that has taken its request and not come to suspend yet.
 */
const LATE_SUSPEND_MS = 10_000;

/**
 * Lets a guest that suspended go on in its domain, told that its suspend was cancelled (xc_domain_resume, fast).
 *
 * @throws LibxlError ERROR_DOMAIN_NOTFOUND, ERROR_INVAL where it is not shut down for suspend; what its device model did
 *   not do: the guest stays suspended then
 */
export async function resumeDomain(host: Host, domid: number): Promise<void> {
  const info = await domainInfo(host, domid);
  if (!info.shutdown || info.shutdownReason !== SHUTDOWN.suspend) {
    throw new LibxlError('ERROR_INVAL', `domain ${domid} is not suspended`, { domid });
  }
  await withDeviceModel(host, domid, (deviceModel) => deviceModel.resume());
  await resumeVcpus(host, domid, info.hvm);
}

/** The part of resumeDomain() that is the guest's own. @param hvm to the hypervisor, as a PVH guest is, too */
export async function resumeVcpus(host: Host, domid: number, hvm: boolean): Promise<void> {
  if (!hvm) await answerCancelled(host, domid, await host.hypervisor.guestWidth(domid));
  else if ((await hvmParam(host, domid, PARAM.CALLBACK_IRQ)) !== 0n) await answerCancelled(host, domid, 8);
  await host.hypervisor.resumeDomain(domid);
  await host.xenstore.resume(domid);
}

async function answerCancelled(host: Host, domid: number, width: 4 | 8): Promise<void> {
  const context = (await host.hypervisor.vcpuContext(domid, 0)).slice();
  context.fill(0, ANSWER_OFFSET[width], ANSWER_OFFSET[width] + width);
  context[ANSWER_OFFSET[width]] = SUSPEND_CANCELLED;
  await host.hypervisor.setVcpuContext(domid, 0, context);
}

/**
 * Whatever became of an operation on it: sees to it that a guest runs as it did before, as far as that can be. Takes a
 * suspend request back that the guest has not seen, switches the tracking of its writes off, waits for a guest that may be
 * about to suspend, and resumes it.
 *
 * @param asked whether the guest may have been asked to suspend
 * @returns what could not be done, in words
 */
export async function ensureRunning(host: Host, domid: number, asked: boolean): Promise<string[]> {
  const problems: string[] = [];
  const attempt = async <T>(what: string, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action();
    } catch (e) {
      problems.push(`${what}: ${textOf(e)}`);
      return undefined;
    }
  };
  if ((await domainInfoIfThere(host, domid)) === undefined) return [];
  const withdrawn = await attempt('withdraw the suspend request', () => withdrawRequest(host, domid, 'suspend'));
  // Before the wait: most often the guest was not asked, and runs all the time.
  await attempt('stop tracking writes', () => stopTracking(host, domid));
  if (asked && withdrawn !== true) await attempt('wait for a late suspend', () => lateSuspend(host, domid));
  problems.push(...(await resumeDeviceModel(host, domid)));
  const info = await domainInfoIfThere(host, domid);
  if (info?.shutdown === true && info.shutdownReason === SHUTDOWN.suspend) {
    await attempt('resume', () => resumeVcpus(host, domid, info.hvm));
  }
  return problems;
}

async function lateSuspend(host: Host, domid: number): Promise<void> {
  if (!(await suspendsLater(host, domid))) return;
  const down = async () => ((await domainInfoIfThere(host, domid))?.shutdown === false ? undefined : true);
  await watchUntil(host.xenstore, RELEASE_DOMAIN, down, { timeoutMs: LATE_SUSPEND_MS });
}

/** Its guest goes on whatever becomes of it: PV drivers do without. */
async function resumeDeviceModel(host: Host, domid: number): Promise<string[]> {
  const deviceModel = await deviceModelOf(host, domid);
  try {
    await deviceModel.logDirty(false);
    await deviceModel.resume();
    return [];
  } catch (e) {
    return [textOf(e)];
  } finally {
    await deviceModel.release();
  }
}

async function stopTracking(host: Host, domid: number): Promise<void> {
  await host.hypervisor.disableLogDirty(domid).catch((e: unknown) => {
    // It was off already.
    if (e instanceof Error && 'code' in e && (e.code === 'EINVAL' || e.code === 'ESRCH')) return;
    throw e;
  });
}
