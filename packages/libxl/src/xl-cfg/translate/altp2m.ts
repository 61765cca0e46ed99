import { ALTP2M_MODE, enumFromNumber } from '../../config/index.js';
import { toInt32 } from '../c-numbers.js';
import { EXIT_FAILURE, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { namedMember } from './named-member.js';

export function translateAltp2m(t: Translation, { build }: Draft): void {
  const number = t.lookup.quietLong('altp2m');
  const mode = number === undefined ? namedMember(t, 'altp2m', ALTP2M_MODE) : modeNumbered(t, number);
  if (mode !== undefined) build.altp2m = mode;
  const traceKib = toInt32(t.lookup.quietLong('vmtrace_buf_kb') ?? 0n);
  if (traceKib !== 0) build.vmtrace_buf_kb = traceKib;
}

function modeNumbered(t: Translation, number: bigint): keyof typeof ALTP2M_MODE {
  const mode = number < 0n || number > 3n ? undefined : enumFromNumber(ALTP2M_MODE, Number(number));
  if (mode === undefined) throw t.refuse(EXIT_FAILURE, `ERROR: invalid value ${number} for "altp2m"`);
  return mode;
}
