import type { FrameList } from './frames.js';
import type { Hypervisor } from './hypervisor.js';

/**
 * As many extents as can be had: a hypervisor may make a part of what was asked for and leave it to the caller to ask
 * for the rest. What it then makes none of is not to be had.
 *
 * @returns their base gfns; fewer than asked for where memory, or the domain's limit, ran out
 */
export async function populateAll(
  hypervisor: Hypervisor,
  domid: number,
  pfns: FrameList,
  order: number,
): Promise<FrameList> {
  const made = await hypervisor.populatePhysmap(domid, pfns, order);
  if (made.length === 0 || made.length >= pfns.length) return made;
  const all = new Float64Array(pfns.length);
  all.set(made);
  let count = made.length;
  while (count < pfns.length) {
    const more = await hypervisor.populatePhysmap(domid, pfns.subarray(count), order);
    if (more.length === 0) break;
    all.set(more, count);
    count += more.length;
  }
  return all.subarray(0, count);
}
