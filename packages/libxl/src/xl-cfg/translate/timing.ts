import { type Enumeration, enumFromName, enumFromNumber, TIMER_MODE, TSC_MODE } from '../../config/index.js';
import { toInt32 } from '../c-numbers.js';
import { EXIT_ERROR_FAIL, EXIT_FAILURE, type Translation } from '../translation.js';
import type { Draft } from './draft.js';
import { invalidValue, namedMember } from './named-member.js';

/** How the guest sees the time stamp counter. */
export function translateTscMode(t: Translation, { build }: Draft): void {
  const number = t.lookup.quietLong('tsc_mode');
  if (number !== undefined) {
    build.tsc_mode = deprecatedNumber(t, 'tsc_mode', number, TSC_MODE);
    return;
  }
  const name = t.lookup.string('tsc_mode');
  if (name === undefined) return;
  t.say(`got a tsc mode string: "${name}"`);
  const mode = enumFromName(TSC_MODE, name);
  if (mode === undefined) throw invalidValue(t, 'tsc_mode', name);
  build.tsc_mode = mode;
}

/** What becomes of timer ticks that a vCPU missed. */
export function translateTimerMode(t: Translation, { type, build }: Draft): void {
  const number = t.lookup.quietLong('timer_mode');
  if (type === 'pv' && (number !== undefined || t.lookup.string('timer_mode') !== undefined)) {
    throw t.refuse(EXIT_ERROR_FAIL, 'ERROR: "timer_mode" option is not supported for PV guests.');
  }
  const mode =
    number === undefined
      ? type === 'pv'
        ? undefined
        : namedMember(t, 'timer_mode', TIMER_MODE)
      : deprecatedNumber(t, 'timer_mode', number, TIMER_MODE);
  if (mode !== undefined) build.timer_mode = mode;
}

function deprecatedNumber<E extends Enumeration>(
  t: Translation,
  key: string,
  number: bigint,
  modes: E,
): keyof E & string {
  const name = enumFromNumber(modes, toInt32(number));
  const example = name === undefined ? '' : `e.g. ${key}="${name}"`;
  t.say(`WARNING: specifying "${key}" as an integer is deprecated. Please use the named parameter variant. ${example}`);
  if (name === undefined || number < 0n || number > 3n) {
    throw t.refuse(EXIT_FAILURE, `ERROR: invalid value ${number} for "${key}"`);
  }
  return name;
}
