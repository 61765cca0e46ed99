import { formatDomainConfig, type LibxlDomainConfig } from '../config/index.js';
import type { XlSetting, XlValue } from './settings.js';

/** What `xl create -n` prints: the domain configuration in libxl's JSON. */
export function printDomainConfig(config: LibxlDomainConfig): string {
  return formatDomainConfig(config);
}

/**
 * Settings as xl.cfg text that parses to the same settings.
 *
 * @throws RangeError for a string with a NUL, which xl.cfg cannot express
 */
export function printXlConfig(settings: Iterable<Pick<XlSetting, 'name' | 'operator' | 'value'>>): string {
  return [...settings].map(({ name, operator, value }) => `${name} ${operator} ${printValue(value)}\n`).join('');
}

function printValue(value: XlValue): string {
  if (value.kind === 'string') return quote(value.text);
  return `[${value.items.map(printValue).join(', ')}]`;
}

function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('xl.cfg has no way to write a NUL');
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}
