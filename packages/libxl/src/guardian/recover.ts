import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { descriptorSink } from '@xen-migration/libxc';
import { encodeMigrationReport, MIGRATION_MESSAGES } from '@xen-migration/stream-format';
import { destroyDomain } from '../domain/destroy.js';
import { domainInfoIfThere, isDomainThere as isThere, nameOfDomain } from '../domain/list.js';
import { renameDomain } from '../domain/names.js';
import { unpauseDomain } from '../domain/pause.js';
import { ensureRunning } from '../domain/resume.js';
import { startReceived } from '../domain/start-received.js';
import { LIBXL_ERROR, textOf } from '../errors.js';
import { type Host, openHost } from '../host/open-host.js';
import { finishSave } from '../stream/finish-save.js';
import { formatUuid } from '../uuid.js';
import { GUARDIAN_FD, type Plan, type PlanStep, type StartReceived } from './plan.js';

/** The status of a report, as a stock receiver sends it for ERROR_FAIL. */
const START_FAILED = -LIBXL_ERROR.ERROR_FAIL;

/** Does what the plan says, all of it, whatever fails; says on stderr (the guardians' log) what it did. */
export async function carryOut(plan: Plan): Promise<void> {
  const host = await openHost();
  try {
    let failed = false;
    for (const step of plan) {
      if (step.do === 'give-back' && failed) continue;
      try {
        const did = await perform(host, step);
        if (did !== undefined) log(did);
      } catch (e) {
        failed = true;
        log(`${JSON.stringify(step)} failed: ${textOf(e)}`);
      }
    }
  } finally {
    await host.close();
  }
}

/** @returns what was done, in words; undefined where there was nothing to do */
async function perform(host: Host, step: PlanStep): Promise<string | undefined> {
  switch (step.do) {
    case 'remove-file':
      await rm(step.path, { force: true });
      return `removed ${step.path}`;
    case 'run-source':
      return runSource(host, step);
    case 'destroy':
      return destroyIfThere(host, step.domid, step.uuid);
    case 'destroy-new':
      return destroyNew(host, step.uuid, step.others);
    case 'give-back':
      await giveBack();
      return 'gave the domain back to its sender';
    case 'complete-save':
      return completeSave(host, step);
    case 'start-received':
      return startAndReport(host, step);
    case 'start-made':
      return startIfPaused(host, step.domid, step.uuid);
  }
}

async function runSource(host: Host, { domid, uuid, asked, name }: Extract<PlanStep, { do: 'run-source' }>) {
  if (!(await isThere(host, domid, uuid))) return undefined;
  const problems = await ensureRunning(host, domid, asked);
  if (name !== undefined && (await nameOfDomain(host, domid)) !== name) {
    await renameDomain(host, domid, name).catch((e: unknown) => problems.push(textOf(e)));
  }
  return `domain ${domid} runs on${problems.length > 0 ? `, but: ${problems.join('; ')}` : ''}`;
}

async function completeSave(host: Host, step: Extract<PlanStep, { do: 'complete-save' }>): Promise<string | undefined> {
  const { temporary, path, domid, uuid, after } = step;
  if (existsSync(temporary)) {
    await rm(temporary, { force: true });
    return runSource(host, { do: 'run-source', domid, uuid, asked: false });
  }
  if (!(await isThere(host, domid, uuid))) return undefined;
  await finishSave(host, domid, after);
  return `${path} is whole; domain ${domid}: ${after}`;
}

async function destroyIfThere(host: Host, domid: number, uuid: string): Promise<string | undefined> {
  if (!(await isThere(host, domid, uuid))) return undefined;
  await destroyDomain(host, domid);
  return `destroyed domain ${domid}`;
}

async function destroyNew(host: Host, uuid: string, others: readonly number[]): Promise<string | undefined> {
  const domains = await host.hypervisor.listDomains(0, 1024);
  const made = domains.filter((domain) => formatUuid(domain.uuid) === uuid && !others.includes(domain.domid));
  for (const { domid } of made) await destroyDomain(host, domid);
  return made.length === 0 ? undefined : `destroyed the half-built domain ${made.map(({ domid }) => domid).join(', ')}`;
}

/** The sender's last word was that this copy is to run: it does, and the sender is told so if it still listens. */
async function startAndReport(host: Host, step: StartReceived): Promise<string> {
  try {
    await startReceived(host, step);
  } catch (e) {
    log(textOf(e));
    await destroyIfThere(host, step.domid, step.uuid);
    await giveBack();
    return `domain ${step.domid} could not be started, and was destroyed`;
  }
  await tellPeer(encodeMigrationReport(0));
  return `started domain ${step.domid}, whose receiver died`;
}

async function startIfPaused(host: Host, domid: number, uuid: string): Promise<string | undefined> {
  if (!(await isThere(host, domid, uuid)) || (await domainInfoIfThere(host, domid))?.paused !== true) return undefined;
  await unpauseDomain(host, domid);
  return `started domain ${domid}, which had just been made`;
}

/** Any status but 0 says that the domain does not run here; the permission that follows, that it never will. */
async function giveBack(): Promise<void> {
  await tellPeer(encodeMigrationReport(START_FAILED));
  await tellPeer(MIGRATION_MESSAGES.permissionToGo);
}

/** The other end may be gone, too. */
async function tellPeer(message: Uint8Array): Promise<void> {
  await descriptorSink(GUARDIAN_FD.toPeer)
    .writev([message])
    .catch((e: unknown) => log(`the other end was not told: ${textOf(e)}`));
}

function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
