import type { Bitmap } from '../../config/index.js';
import type { XlValue } from '../settings.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';
import { parseCpuMap } from './cpu-map.js';
import type { Draft } from './draft.js';

/** Which host CPUs the vCPUs may run on, and which they should. */
export function translateAffinity(t: Translation, { build }: Draft): void {
  const vcpus = build.max_vcpus ?? 0;
  const hard = affinity(t, 'cpus', vcpus);
  if (hard !== undefined) {
    build.vcpu_hard_affinity = hard.maps;
    if (hard.each) build.numa_placement = 'False';
  }
  const soft = affinity(t, 'cpus_soft', vcpus);
  if (soft !== undefined) {
    build.vcpu_soft_affinity = soft.maps;
    build.numa_placement = 'False';
  }
}

/** `each`: the vCPUs have maps of their own, as a list; otherwise one map stands for all. */
function affinity(t: Translation, key: string, vcpus: number): { maps: readonly Bitmap[]; each: boolean } | undefined {
  const list = t.lookup.quietList(key);
  if (typeof list !== 'string') return { maps: mapsOfList(t, list, vcpus), each: true };
  const text = t.lookup.string(key);
  if (text === undefined) return undefined;
  const map = requireMap(t, text);
  return { maps: Array.from({ length: Math.max(0, vcpus) }, () => map), each: false };
}

// Items for vCPUs that the guest does not have are not even parsed.
function mapsOfList(t: Translation, list: readonly XlValue[], vcpus: number): readonly Bitmap[] {
  const maps: Bitmap[] = [];
  for (const item of list.slice(0, Math.max(0, vcpus))) {
    if (item.kind !== 'string') throw t.refuse(EXIT_FAILURE, 'xl: a list of CPUs cannot hold a list');
    maps.push(requireMap(t, item.text));
  }
  return maps;
}

function requireMap(t: Translation, text: string): Bitmap {
  const map = parseCpuMap(t, text);
  if (map === undefined) throw t.refuse(EXIT_FAILURE);
  return map;
}
