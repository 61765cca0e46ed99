import type { CommandSpec, OptionSpec } from '../command.js';

/** What a word can be completed with. */
export type WordKind = 'domain' | 'host' | 'file' | 'nothing';

/** What an option's value is, by what it is called. */
export function valueKind({ value = '' }: OptionSpec): WordKind {
  if (/^<?Domain/.test(value)) return 'domain';
  return /file|config|directory/i.test(value) ? 'file' : 'nothing';
}

/** What a command's operands are, by its usage line; each kind once. */
export function operandKinds({ usage }: CommandSpec): WordKind[] {
  const kinds: WordKind[] = [];
  if (/domain/i.test(usage)) kinds.push('domain');
  if (/host/.test(usage)) kinds.push('host');
  if (/file/i.test(usage)) kinds.push('file');
  return kinds;
}

export function shownOptions({ options }: CommandSpec): OptionSpec[] {
  return Object.values(options).filter(({ hidden }) => hidden !== true);
}

export function shownCommands(specs: readonly CommandSpec[]): CommandSpec[] {
  return specs.filter(({ internal, usage }) => internal !== true && !usage.includes('internal use'));
}

/** Names of all domains, for a shell: the first column of the table. */
export const LIST_DOMAINS = "xl list 2>/dev/null | awk 'NR > 1 { print $1 }'";
