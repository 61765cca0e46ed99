import { ensureRunning } from '../domain/resume.js';
import type { Host } from '../host/open-host.js';
import { takeNameBack } from './hand-over.js';

/** Nothing was given away: the source runs on under its name. */
export async function keepSource(host: Host, domid: number, name: string | undefined): Promise<string[]> {
  return [...(await takeNameBack(host, domid, name)), ...(await ensureRunning(host, domid, false))];
}
