import { destroyDomain } from '../domain/destroy.js';
import { domainInfo } from '../domain/list.js';
import { resumeDomain } from '../domain/resume.js';
import type { AfterSave } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';

/** What a save ends with, once its file is whole. */
export async function finishSave(host: Host, domid: number, after: AfterSave): Promise<void> {
  if (after === 'destroy') return destroyDomain(host, domid);
  if (after === 'resume-paused' && !(await domainInfo(host, domid)).paused) await host.hypervisor.pause(domid);
  await resumeDomain(host, domid);
}
