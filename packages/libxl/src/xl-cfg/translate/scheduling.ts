import type { LibxlDomainSchedParams } from '../../config/index.js';
import { toInt32 } from '../c-numbers.js';
import type { Translation, Writable } from '../translation.js';
import type { Draft } from './draft.js';

const KEYS = {
  cpu_weight: 'weight',
  cap: 'cap',
  period: 'period',
  slice: 'slice',
  latency: 'latency',
  extratime: 'extratime',
} as const;

export function translateScheduling({ lookup }: Translation, { build }: Draft): void {
  const params: Writable<LibxlDomainSchedParams> = {};
  for (const [key, member] of Object.entries(KEYS)) {
    const value = lookup.long(key);
    if (value !== undefined) params[member] = toInt32(value);
  }
  build.sched_params = params;
}
