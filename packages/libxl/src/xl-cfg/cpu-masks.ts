import type { Bitmap, LibxlDomainConfig } from '../config/index.js';
import { mapWidth } from './translate/cpu-map.js';
import { EXIT_FAILURE, type Translation } from './translation.js';

/**
 * The hard affinities within the masks of xl.conf; with a mask, guests that have none get one.
 *
 * @throws XlConfigError with stock's words where no CPU is left to a vCPU
 */
export function applyCpuMasks(t: Translation, config: LibxlDomainConfig): LibxlDomainConfig {
  const { cpuMasks = {} } = t.defaults;
  const masks = [cpuMasks.vm, config.c_info.type === 'pv' ? cpuMasks.pv : cpuMasks.hvm].filter(
    (mask): mask is Bitmap => mask !== undefined,
  );
  const { max_vcpus = 0 } = config.b_info;
  const given = config.b_info.vcpu_hard_affinity ?? [];
  const maps = given.length > 0 || masks.length === 0 ? given : Array.from({ length: max_vcpus }, () => allCpus(t));
  if (maps.length === 0) return config;
  const vcpu_hard_affinity = maps.map((map) => {
    const left = map.filter((cpu) => masks.every((mask) => mask.includes(cpu)));
    if (left.length === 0) throw t.refuse(EXIT_FAILURE, 'vcpu hard affinity map is empty');
    return left;
  });
  return { ...config, b_info: { ...config.b_info, vcpu_hard_affinity } };
}

const allCpus = (t: Translation): Bitmap => Array.from({ length: mapWidth(t.host.maxCpus) }, (_, cpu) => cpu);
