import { type Command, withArguments } from '../link/plan.js';

/** What the xl at a target is asked to do. */
export interface ReceiverRequest {
  /** Nobody waits there in the background for the death of the domain. */
  readonly noMonitor?: boolean;
  /** It prints the configuration that is used. */
  readonly debug?: boolean;
  readonly paused?: boolean;
  /** A guest whose CPU had features that the target can't give it is received without them. */
  readonly forceCpu?: boolean;
  /** It is the backup of a replication. */
  readonly remus?: boolean;
  /** How much it says. */
  readonly verbosity?: number;
  /** It may draw progress with carriage returns. */
  readonly carriageReturn?: boolean;
  readonly timestamps?: boolean;
  /** It only says what it is (queryTarget). */
  readonly capabilities?: boolean;
  /** It only takes bytes (measureLink). */
  readonly sink?: boolean;
  /** The link that it opens, or joins. */
  readonly link?: string;
  readonly join?: string;
}

/** The same in words of xl's command line, those that stock knows as stock gives them. */
export function receiverArguments(request: ReceiverRequest): string[] {
  const { verbosity = 0, link, join } = request;
  const flag = (on: boolean | undefined, word: string) => (on === true ? [word] : []);
  return [
    ...flag(request.carriageReturn, '-t'),
    ...flag(request.timestamps, '-T'),
    ...flag(verbosity > 0, `-${'v'.repeat(verbosity)}`),
    'migrate-receive',
    ...flag(request.noMonitor, '-e'),
    ...flag(request.debug, '-d'),
    ...flag(request.paused, '-p'),
    ...flag(request.remus, '-r'),
    ...flag(request.forceCpu, '--force-cpu'),
    ...flag(request.capabilities, '--capabilities'),
    ...flag(request.sink, '--sink'),
    ...(link === undefined ? [] : ['--link', link]),
    ...(join === undefined ? [] : ['--join', join]),
  ];
}

const FLAGS: Readonly<Record<string, keyof ReceiverRequest>> = {
  '-e': 'noMonitor',
  '-d': 'debug',
  '-p': 'paused',
  '-r': 'remus',
  '--force-cpu': 'forceCpu',
  '--capabilities': 'capabilities',
  '--sink': 'sink',
};
const GLOBALS: Readonly<Record<string, Partial<ReceiverRequest>>> = {
  '-t': { carriageReturn: true },
  '-T': { timestamps: true },
  '-v': { verbosity: 1 },
  '-vv': { verbosity: 2 },
  '-vvv': { verbosity: 3 },
};
const LINK_ID = /^[0-9a-f]{32}$/;
const MAX_WORDS = 32;

/** Reads what receiverArguments() makes, and nothing else. @returns undefined for anything else */
export function parseReceiverArguments(words: readonly string[]): ReceiverRequest | undefined {
  const at = words.indexOf('migrate-receive');
  if (at < 0 || words.length > MAX_WORDS) return undefined;
  let request: ReceiverRequest = {};
  for (const word of words.slice(0, at)) {
    if (!Object.hasOwn(GLOBALS, word)) return undefined;
    request = { ...request, ...GLOBALS[word] };
  }
  const rest = words.slice(at + 1);
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const flag = Object.hasOwn(FLAGS, word) ? FLAGS[word] : undefined;
    if (flag !== undefined) {
      request = { ...request, [flag]: true };
      continue;
    }
    const id = rest.shift() ?? '';
    if ((word !== '--link' && word !== '--join') || !LINK_ID.test(id)) return undefined;
    request = { ...request, [word === '--link' ? 'link' : 'join']: id };
  }
  return request;
}

/**
 * For serveTls: the receiver that a sender asks for, made anew of what was understood of its request.
 *
 * @param xl of this machine
 */
export function receiverCommand(xl: Command): (words: readonly string[]) => Command | undefined {
  return (words) => {
    const request = parseReceiverArguments(words);
    return request === undefined ? undefined : withArguments(xl, receiverArguments(request));
  };
}
