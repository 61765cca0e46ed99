import { parseLong } from './c-numbers.js';
import { KEYS, type KeyKind } from './keys.js';
import type { XlSetting, XlSettings } from './settings.js';

/** Values of another type or out of their range, each with its line and column, where stock is silent. */
export function valueWarnings(settings: XlSettings): string[] {
  const warnings: string[] = [];
  for (const name of settings.names()) {
    const setting = settings.get(name);
    const kind = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
    if (setting === undefined || kind === undefined) continue;
    const problem = problemOf(setting, kind);
    if (problem === undefined) continue;
    const { line, column } = setting.value;
    warnings.push(`${settings.source}:${line}:${column}: warning: parameter \`${name}' ${problem}`);
  }
  return warnings;
}

/** Keys whose value's type stock does not check, or about which it ends without a word. */
const UNCHECKED = new Set([
  ...['gic_version', 'tee', 'vnuma', 'vmtrace_buf_kb'],
  ...['max_grant_frames', 'max_grant_version', 'max_maptrack_frames'],
]);

function problemOf(setting: XlSetting, kind: KeyKind): string | undefined {
  if (setting.value.kind === 'list') return UNCHECKED.has(setting.name) ? problemOfList(kind) : undefined;
  const { text } = setting.value;
  switch (kind.kind) {
    case 'list':
      return UNCHECKED.has(setting.name) ? 'should be a list' : undefined;
    case 'switch':
      return problemOfNumber(setting, text, { kind: 'number', min: 0n, max: 1n });
    case 'number':
      return problemOfNumber(setting, text, kind);
    case 'text':
    case 'text-or-list':
      return undefined;
  }
}

const problemOfList = (kind: KeyKind): string | undefined =>
  kind.kind === 'list' || kind.kind === 'text-or-list' ? undefined : 'should be a single value';

function problemOfNumber(
  { name }: XlSetting,
  text: string,
  { min, max, unit }: Extract<KeyKind, { kind: 'number' }>,
): string | undefined {
  const { value, end, overflow } = parseLong(text, 0);
  if (overflow || end === 0 || end < text.length) return UNCHECKED.has(name) ? 'should be a number' : undefined;
  if (value >= min && value <= max) return undefined;
  if (min === 0n && max === 1n) return `should be 0 or 1, not ${value}`;
  return `should be from ${min} to ${max}${unit === undefined ? '' : ` ${unit}`}, not ${value}`;
}
