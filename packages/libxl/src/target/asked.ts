import { parseReceiverArguments, type ReceiverRequest } from './receiver.js';

/**
 * What a receiver is asked to do beyond stock's receiving, where the sender can give its command line no more words: with
 * an empty `sshCommand` the line is a person's. A stock xl takes no notice of it.
 */
export const ASKED_VARIABLE = 'XL_MIGRATE_RECEIVE';

const MAX_LENGTH = 4096;

/** The words of a receiver's arguments (receiverArguments) that ask for more than stock knows, as the variable's value. */
export function asking(xlArguments: readonly string[]): string {
  return JSON.stringify(xlArguments.filter((word, i) => word.startsWith('--') || xlArguments[i - 1]?.startsWith('--')));
}

/** What the environment asks a receiver for, once: the processes that are started from here are not asked again. */
export function takeAsked(env: NodeJS.ProcessEnv = process.env): ReceiverRequest {
  const text = env[ASKED_VARIABLE];
  delete env[ASKED_VARIABLE];
  const words = text === undefined || text.length > MAX_LENGTH ? undefined : parsed(text);
  return (words && parseReceiverArguments(['migrate-receive', ...words])) ?? {};
}

function parsed(text: string): string[] | undefined {
  try {
    const words: unknown = JSON.parse(text);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}
