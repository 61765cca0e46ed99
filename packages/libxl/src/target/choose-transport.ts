import { checkAborted, LibxlError } from '../errors.js';
import { type Command, newLinkId } from '../link/plan.js';
import { linkCommand } from '../link/start.js';
import { queryTarget } from '../migrate/query.js';
import type { Reach } from './reach.js';
import { type ReceiverRequest, receiverArguments } from './receiver.js';

/** What is wanted of a link; it can be had of this toolstack's own receivers only. */
export interface LinkWish {
  /** By zstd. */
  readonly compress?: boolean;
  /** Connections at once, 1 to MAX_STREAMS; default: 1. */
  readonly streams?: number;
  /** How long a broken link is tried to be taken up again while the guest runs; default: 30 seconds. */
  readonly patienceMs?: number;
}

export const LINK_PATIENCE_MS = 30_000;

export interface ChooseOptions {
  readonly reach: Reach;
  readonly receiver: ReceiverRequest;
  readonly link: LinkWish | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A transport, and what it does of what was wished for. */
export interface ChosenTransport {
  readonly command: Command;
  /** It is a link's agent. */
  readonly link: boolean;
  /** What the target can't do. */
  readonly without: 'nothing' | 'link' | 'compression';
}

/**
 * The transport for a migration. A link is agreed upon before: the target is asked what it is, in a process of its own, so
 * that a stock receiver never sees anything that it does not know. Where it can't be had, stock's way is gone.
 *
 * @throws LibxlError ERROR_FAIL where the target can't be reached, ERROR_ABORTED
 */
export async function chooseTransport(options: ChooseOptions): Promise<ChosenTransport> {
  const { reach, receiver, link: wish, bytesPerSecond, signal } = options;
  const plain = { command: reach(receiverArguments(receiver)), link: false };
  if (wish === undefined) return { ...plain, without: 'nothing' };
  const command = reach(receiverArguments({ capabilities: true }));
  const answer = await queryTarget({ command, ...(signal === undefined ? {} : { signal }) });
  checkAborted(signal);
  if (answer.kind === 'unreachable') throw new LibxlError('ERROR_FAIL', `the target can't be reached: ${answer.said}`);
  if (answer.kind === 'other') return { ...plain, without: 'link' };
  const able = answer.description.link;
  const id = newLinkId();
  const compress = wish.compress === true && able.encodings.includes('zstd');
  return {
    command: linkCommand({
      id,
      first: reach(receiverArguments({ ...receiver, link: id })),
      join: reach(receiverArguments({ join: id })),
      streams: Math.min(wish.streams ?? 1, able.maxStreams),
      compress,
      ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      patienceMs: wish.patienceMs ?? LINK_PATIENCE_MS,
    }),
    link: true,
    without: wish.compress === true && !compress ? 'compression' : 'nothing',
  };
}
