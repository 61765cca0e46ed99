import { nameOfDomain } from '../domain/list.js';
import { ensureRunning } from '../domain/resume.js';
import type { HandOverOutcome, HandOverSource } from '../guardian/plan.js';
import type { Host } from '../host/open-host.js';
import { takeNameBack } from './hand-over.js';

/** Nothing was given away: the source runs on under its name. */
export async function keepSource(host: Host, domid: number, name: string | undefined): Promise<string[]> {
  return [...(await takeNameBack(host, domid, name)), ...(await ensureRunning(host, domid, false))];
}

/**
 * What is to be made of a handshake whose end nobody has told, say because the guardian that did it was killed. The source
 * is renamed before the target may run its copy (handOver), so that one which still has its name was not given away, or was
 * given back: it runs on.
 */
export async function keepUnlessGiven(
  host: Host,
  { domid, name }: HandOverSource,
  outcome: HandOverOutcome,
): Promise<HandOverOutcome> {
  if (outcome.kind !== 'unknown' || name === undefined) return outcome;
  if ((await nameOfDomain(host, domid).catch(() => undefined)) !== name) return outcome;
  await keepSource(host, domid, name);
  // What a guardian has asked for before it died may be done after it.
  await takeNameBack(host, domid, name);
  return { kind: 'failed', why: outcome.why };
}
