import type { OptionSpecs } from '../command.js';
import { parseArguments } from '../options.js';

/**
 * What a receiver is asked to do beyond stock's receiving, where the sender can give its command line no more words: with
 * `-s ''` the line is a person's. A stock xl takes no notice of it.
 */
export const ASKED_VARIABLE = 'XL_MIGRATE_RECEIVE';

const ASKED_OPTIONS = {
  capabilities: { long: 'capabilities', about: '' },
  sink: { long: 'sink', about: '' },
  link: { long: 'link', value: '<id>', about: '' },
  join: { long: 'join', value: '<id>', about: '' },
} as const satisfies OptionSpecs;

export interface AskedOfReceiver {
  readonly capabilities: boolean;
  readonly sink: boolean;
  readonly link: string | undefined;
  readonly join: string | undefined;
}

const NOTHING: AskedOfReceiver = { capabilities: false, sink: false, link: undefined, join: undefined };

/** The words of a receiver's arguments (receiverArguments) that ask for more than stock knows, as the variable's value. */
export function asking(xlArguments: readonly string[]): string {
  return JSON.stringify(xlArguments.filter((word, i) => word.startsWith('--') || xlArguments[i - 1]?.startsWith('--')));
}

/** What the environment asks for, once: the processes that are started from here are not asked again. */
export function takeAsked(env: NodeJS.ProcessEnv = process.env): AskedOfReceiver {
  const text = env[ASKED_VARIABLE];
  delete env[ASKED_VARIABLE];
  const words = text === undefined ? undefined : parsed(text);
  if (words === undefined) return NOTHING;
  const result = parseArguments(ASKED_OPTIONS, words);
  return result.kind === 'run' && result.operands.length === 0 ? result.options : NOTHING;
}

function parsed(text: string): string[] | undefined {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}
