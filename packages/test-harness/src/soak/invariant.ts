import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainSummary } from '@xen-migration/libxl';
import { describeDomains, type MatrixHost } from '../matrix/host/matrix-host.js';
import { processesWith } from '../matrix/host/processes.js';
import { selfCheck } from '../matrix/host/self-check.js';
import type { Field } from './field.js';
import type { Place, SoakGuest } from './guest.js';

/** Where the one copy of a guest may be after an operation. */
export interface Expectation {
  /** It may run on these. */
  readonly hosts: readonly MatrixHost[];
  /** Or it may be in its file, and nowhere else. */
  readonly saved?: boolean;
  /** Its file is there in any case: it is being restored from it. */
  readonly fileStays?: boolean;
  /** Nobody may know where it is to run: an administrator decides, who sees both hosts. */
  readonly undecided?: boolean;
  /** Other files that may be in its folder, whole; they are not looked into here. */
  readonly otherFiles?: readonly string[];
}

/** A copy of a guest. */
export interface Copy {
  readonly host: MatrixHost;
  readonly domain: DomainSummary;
}

const POLL_MS = 50;
/** How long guardians and the like may take to put things right. */
export const RECOVERY_MS = 60_000;

/** All domains that are a guest's, by its uuid or its name, under whatever name they are. */
export async function copiesOf(field: Field, guest: SoakGuest): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (const host of field.hosts) {
    for (const domain of await host.domains()) {
      const named = domain.name === guest.name || domain.name?.startsWith(`${guest.name}--`) === true;
      if (domain.uuid === guest.uuid || named) copies.push({ host, domain });
    }
  }
  return copies;
}

/** Resolves when no process of an operation works any more; those that stay with a domain do. */
export async function workDone(variable: string, patienceMs = RECOVERY_MS): Promise<void> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const left = processesWith(variable).filter(({ what }) => what === 'guardian' || what === 'other');
    if (left.length === 0) return;
    if (Date.now() > end) {
      const commands = left.map(({ pid, command }) => `${pid} ${command.slice(0, 200)}`);
      throw new Error(`still at work after ${patienceMs / 1000} s: ${commands.join('; ')}`);
    }
    await sleep(POLL_MS);
  }
}

/**
 * Of a guest one copy is there and only one: it runs on one of the hosts under its name, or is in its file. Where it runs
 * it answers on its console, has lost no write, and has not gone back behind what it counted before. Its folder has
 * nothing but what it should.
 *
 * @returns where it is. @throws Error that says what does not hold
 */
export async function oneCopy(
  field: Field,
  guest: SoakGuest,
  expected: Expectation,
  patienceMs = RECOVERY_MS,
): Promise<Place> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const copies = await copiesOf(field, guest);
    const wrong = await whatIsWrong(guest, copies, expected);
    if (wrong === undefined) return placed(field, guest, copies[0]);
    if (Date.now() > end) throw new Error(`${guest.name}: ${wrong}`);
    await sleep(POLL_MS);
  }
}

async function placed(field: Field, guest: SoakGuest, copy: Copy | undefined): Promise<Place> {
  if (copy === undefined) return 'file';
  const writes = await selfCheck(field.packages, copy.host, copy.domain.domid);
  if (writes < guest.writes) {
    throw new Error(`${guest.name}: it went back: ${writes} writes, and ${guest.writes} were counted before`);
  }
  guest.writes = writes;
  return { host: copy.host };
}

async function whatIsWrong(
  guest: SoakGuest,
  copies: readonly Copy[],
  { hosts, saved, fileStays, otherFiles = [] }: Expectation,
): Promise<string | undefined> {
  const file = basename(guest.file);
  const files = guest.files().filter((name) => !otherFiles.includes(name));
  const [copy] = copies;
  if (copies.length > 1) return `${copies.length} copies: ${describe(copies)}`;
  if (copy === undefined && saved !== true)
    return `no copy of it runs; its folder has: ${files.join(', ') || 'nothing'}`;
  const wanted = copy === undefined || fileStays === true ? [file] : [];
  if (files.join() !== wanted.join()) {
    const where = copy === undefined ? 'no copy runs' : describe(copies);
    return `its folder has ${files.join(', ') || 'nothing'}, and should have ${wanted.join(', ') || 'nothing'}; ${where}`;
  }
  if (copy === undefined) return undefined;
  const { name, paused, shutdown, dying, uuid } = copy.domain;
  if (name !== guest.name || paused || shutdown || dying) return `it does not run under its name: ${describe(copies)}`;
  if (uuid !== guest.uuid) return `it is another domain: ${uuid}, not ${guest.uuid}`;
  if (!hosts.includes(copy.host)) return `it runs on the wrong host: ${describe(copies)}`;
  return undefined;
}

export function describe(copies: readonly Copy[]): string {
  return copies.map(({ host, domain }) => `${describeDomains([domain])} (${host.name})`).join(', ');
}
