import { parseLong } from './c-numbers.js';
import type { Report } from './report.js';

export interface XlString {
  readonly kind: 'string';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface XlList {
  readonly kind: 'list';
  readonly items: readonly XlValue[];
  readonly line: number;
  readonly column: number;
}

/** Numbers are strings too: what they are is decided where they are used. */
export type XlValue = XlString | XlList;

export interface XlSetting {
  readonly name: string;
  readonly operator: '=' | '+=';
  readonly value: XlValue;
  readonly line: number;
}

/** The settings of one configuration; of several with one name the last counts. */
export class XlSettings {
  readonly #settings = new Map<string, XlSetting>();

  constructor(readonly source: string) {}

  /** False where `+=` would add a list to a string or a string to a list; nothing is stored then. */
  add(setting: XlSetting): boolean {
    const before = setting.operator === '+=' ? this.#settings.get(setting.name) : undefined;
    const value = before === undefined ? setting.value : joined(before.value, setting.value);
    if (value === undefined) return false;
    this.#settings.set(setting.name, { ...setting, value });
    return true;
  }

  get(name: string): XlSetting | undefined {
    return this.#settings.get(name);
  }

  names(): readonly string[] {
    return [...this.#settings.keys()];
  }
}

function joined(before: XlValue, added: XlValue): XlValue | undefined {
  if (before.kind === 'string' && added.kind === 'string') return { ...added, text: before.text + added.text };
  if (before.kind === 'list' && added.kind === 'list') return { ...added, items: [...before.items, ...added.items] };
  return undefined;
}

/** Why a lookup gave no value. */
export type Missing = 'absent' | 'unusable';

/** Lookups by type, with the warnings that stock prints where a value is of another one. */
export class Lookup {
  constructor(
    readonly settings: XlSettings,
    readonly report: Report,
  ) {}

  /** A single value; with a warning where it is a list. */
  string(name: string): string | undefined {
    const setting = this.#single(name, true);
    return typeof setting === 'string' ? undefined : setting.value.text;
  }

  /** The same without the warning. */
  quietString(name: string): string | undefined {
    const setting = this.#single(name, false);
    return typeof setting === 'string' ? undefined : setting.value.text;
  }

  /** A number in C's notation (decimal, 0x, 0 for octal); with a warning where it is none. */
  long(name: string): bigint | undefined {
    const found = this.#long(name, true);
    return typeof found === 'string' ? undefined : found;
  }

  quietLong(name: string): bigint | undefined {
    const found = this.#long(name, false);
    return typeof found === 'string' ? undefined : found;
  }

  /** Without warnings; says which of the two it is when there is no number from `min` to `max`. */
  boundedLong(name: string, min: bigint, max: bigint): bigint | Missing {
    const found = this.#long(name, false);
    if (typeof found === 'string') return found;
    return found < min || found > max ? 'unusable' : found;
  }

  /** A number as a boolean. */
  defbool(name: string): 'True' | 'False' | undefined {
    const number = this.long(name);
    return number === undefined ? undefined : number === 0n ? 'False' : 'True';
  }

  /** A list's items; with a warning where it is a single value. */
  list(name: string): readonly XlValue[] | undefined {
    const found = this.#list(name, true);
    return typeof found === 'string' ? undefined : found;
  }

  /** Without the warning; says why there is none. */
  quietList(name: string): readonly XlValue[] | Missing {
    return this.#list(name, false);
  }

  #single(name: string, warn: boolean): (XlSetting & { readonly value: XlString }) | Missing {
    const setting = this.settings.get(name);
    if (setting === undefined) return 'absent';
    const { value } = setting;
    if (value.kind === 'string') return { ...setting, value };
    if (warn) this.#warn(setting, `parameter \`${name}' is a list but should be a single value`);
    return 'unusable';
  }

  #list(name: string, warn: boolean): readonly XlValue[] | Missing {
    const setting = this.settings.get(name);
    if (setting === undefined) return 'absent';
    if (setting.value.kind === 'list') return setting.value.items;
    if (warn) this.#warn(setting, `parameter \`${name}' is a single value but should be a list`);
    return 'unusable';
  }

  #long(name: string, warn: boolean): bigint | Missing {
    const setting = this.#single(name, warn);
    if (typeof setting === 'string') return setting;
    const number = longOf(setting, name);
    if (typeof number === 'bigint') return number;
    if (warn) this.#warn(setting, number.warning);
    return 'unusable';
  }

  #warn(setting: XlSetting, warning: string): void {
    this.report.line(`${this.settings.source}:${setting.line}: warning: ${warning}`);
  }
}

function longOf(
  setting: XlSetting & { readonly value: XlString },
  name: string,
): bigint | { readonly warning: string } {
  if (setting.operator === '+=') return { warning: `can't use += with numbers for parameter \`${name}'` };
  const { text } = setting.value;
  const { value, end, overflow } = parseLong(text, 0);
  if (overflow) {
    return { warning: `parameter \`${name}' could not be parsed as a number: Numerical result out of range` };
  }
  if (end === 0 || end < text.length) return { warning: `parameter \`${name}' is not a valid number` };
  return value;
}

/** The strings of a list up to the first item that is none: what stock takes where it walks a list of strings. */
export function leadingStrings(items: readonly XlValue[]): string[] {
  const strings: string[] = [];
  for (const item of items) {
    if (item.kind !== 'string') break;
    strings.push(item.text);
  }
  return strings;
}
