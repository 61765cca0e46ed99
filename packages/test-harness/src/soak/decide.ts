import { copiesOf, describe } from './invariant.js';
import type { Task } from './task.js';

/**
 * What an administrator does who sees both hosts, after a migration in whose last moment the two ends lost each other: the
 * source is then kept, suspended and under another name. It is ended where the target's copy runs, and goes on where
 * there is none.
 */
export async function decide(task: Task): Promise<void> {
  const { guest, field, packages } = task;
  const { awayName, destroyDomain, ensureRunning, renameDomain } = packages.libxl;
  const copies = await copiesOf(field, guest);
  const source = copies.find(({ domain }) => domain.name === awayName(guest.name) && domain.shutdown);
  if (source === undefined) return;
  const { host, domain } = source;
  const others = copies.filter((copy) => copy !== source);
  if (others.length > 0) {
    task.decisions.push(`ended: ${describe([source])}, for there is ${describe(others)}`);
    await destroyDomain(host.host, domain.domid);
    return;
  }
  task.decisions.push(`let go on: ${describe([source])}`);
  const problems = await ensureRunning(host.host, domain.domid, true);
  if (problems.length > 0) throw new Error(`the source can't go on: ${problems.join('; ')}`);
  await renameDomain(host.host, domain.domid, guest.name);
}
