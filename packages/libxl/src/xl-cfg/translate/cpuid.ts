import { strtok } from '../c-strings.js';
import { leadingStrings } from '../settings.js';
import type { Translation } from '../translation.js';
import { PolicyList } from './cpuid-policies.js';
import type { Draft } from './draft.js';

const FLAG_ERRORS = [
  '',
  'missing "=" in key=value',
  'unknown CPUID flag name',
  'illegal CPUID value (must be: [0|1|x|k|s])',
] as const;
const LINE_ERRORS = [
  '',
  'illegal leaf number',
  'illegal subleaf number',
  'missing colon',
  'invalid register name (must be e[abcd]x)',
  'policy string must be exactly 32 characters long',
] as const;

/** `cpuid = "host,NAME=VALUE,..."`, or a list of xend's lines. What is wrong in it stock only says. */
export function translateCpuid(t: Translation, { build }: Draft): void {
  const list = t.lookup.quietList('cpuid');
  const policies = new PolicyList();
  if (typeof list !== 'string') addLines(t, policies, leadingStrings(list));
  else if (list === 'unusable') addFlags(t, policies, t.lookup.string('cpuid') ?? '');
  build.cpuid = policies.policies;
}

function addLines(t: Translation, policies: PolicyList, lines: readonly string[]): void {
  for (const line of lines) {
    const error = policies.addLine(line);
    if (error !== 0) sayError(t, `line: "${line}"`, `error #${error}: ${LINE_ERRORS[error]}`);
  }
}

function addFlags(t: Translation, policies: PolicyList, text: string): void {
  const [first, ...flags] = strtok(text, ',');
  if (first === undefined) return;
  if (first !== 'host') {
    sayError(t, `string: "${text}"`, 'error: first word must be "host"');
    return;
  }
  for (const flag of flags) {
    const error = policies.addFlag(flag);
    if (error !== 0) sayError(t, `flag: "${flag}"`, `error #${error}: ${FLAG_ERRORS[error]}`);
  }
}

function sayError(t: Translation, what: string, error: string): void {
  t.say(`while parsing CPUID ${what}:`);
  t.say(`  ${error}`);
}
