import { type LinkEvent, linkCommand, MAX_STREAMS, newLinkId, queryTarget } from '@xen-migration/libxl';
import type { OptionSpecs, OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { EXIT, ExitError } from '../exit.js';
import { durationText } from '../format/size.js';
import { rate, wholeNumber } from '../values.js';
import { type Reach, type ReceiverOptions, receiverArguments, type Transport } from './transport.js';

/** The options that say how the pages travel. */
export const LINK_OPTIONS = {
  bandwidth: {
    long: 'bandwidth',
    value: '<rate>',
    about: 'While the domain runs, send no more than <rate> MiB a second (or with K, M, G).',
  },
  compress: { long: 'compress', about: 'Compress by zstd, where the target can take it.' },
  streams: {
    long: 'streams',
    value: '<n>',
    about: `Send over <n> connections at once (up to ${MAX_STREAMS}), where the target can take it.`,
  },
  reconnect: {
    long: 'reconnect',
    value: '<seconds>',
    about:
      'Take a broken link up again for so long while the guest runs on, where the target can take it; default with ' +
      '--streams and --compress: 30.',
  },
} as const satisfies OptionSpecs;

export type LinkOptionValues = OptionValues<typeof LINK_OPTIONS>;

/** What the options ask for. */
export interface LinkWish {
  readonly bytesPerSecond: number | undefined;
  readonly compress: boolean;
  readonly streams: number;
  readonly patienceMs: number;
  /** A link is needed for it: it can be had of our own receivers only. */
  readonly link: boolean;
}

const DEFAULT_RECONNECT_S = 30;
const MAX_RECONNECT_S = 100;

/** @throws ExitError for values that are none */
export function linkWish({ bandwidth, compress, streams, reconnect }: LinkOptionValues): LinkWish {
  const link = compress || streams !== undefined || reconnect !== undefined;
  return {
    bytesPerSecond: bandwidth === undefined ? undefined : rate('bandwidth', bandwidth),
    compress,
    streams: streams === undefined ? 1 : wholeNumber('streams', streams, 1, MAX_STREAMS),
    patienceMs:
      1000 * (reconnect === undefined ? DEFAULT_RECONNECT_S : wholeNumber('reconnect', reconnect, 0, MAX_RECONNECT_S)),
    link,
  };
}

/** A transport, and what it does of what was wished for. */
export interface ChosenTransport {
  readonly transport: Transport;
  /** It is a link's agent. */
  readonly link: boolean;
}

/**
 * The transport for a migration. A link is agreed upon before: the target is asked what it is, in a process of its own, so
 * that a stock receiver never sees anything that it does not know. Where it can't be had, stock's way is gone.
 */
export async function chooseTransport(
  context: Context,
  reach: Reach,
  receiver: ReceiverOptions,
  wish: LinkWish,
): Promise<ChosenTransport> {
  const plain = { transport: reach(receiverArguments(receiver)), link: false };
  if (!wish.link) return plain;
  const answer = await queryTarget({ command: reach(['migrate-receive', '--capabilities']), signal: context.signal });
  if (answer.kind === 'unreachable')
    throw new ExitError(EXIT.failure, `xl: the target can't be reached: ${answer.said}\n`);
  if (answer.kind === 'other') {
    context.err("xl: the target's xl knows one plain connection only: going on without what needs more\n");
    return plain;
  }
  const { link } = answer.description;
  const id = newLinkId();
  const compress = wish.compress && link.encodings.includes('zstd');
  if (wish.compress && !compress) context.err("xl: the target's xl knows no zstd: going on without compression\n");
  const transport = linkCommand({
    id,
    first: reach(receiverArguments({ ...receiver, link: id })),
    join: reach(['migrate-receive', '--join', id]),
    streams: Math.min(wish.streams, link.maxStreams),
    compress,
    ...(wish.bytesPerSecond === undefined ? {} : { bytesPerSecond: wish.bytesPerSecond }),
    patienceMs: wish.patienceMs,
  });
  return { transport, link: true };
}

/** What a person wants to know of a link; undefined where there is nothing to say. */
export function linkText(event: LinkEvent): string | undefined {
  switch (event.kind) {
    case 'link-broken':
      return event.forMs === 0
        ? undefined
        : `The link to the target broke (${event.reason}); trying for ${durationText(event.forMs)} to take it up again.`;
    case 'link-up':
      return event.again ? 'The link to the target works again.' : undefined;
    case 'link-totals':
      return undefined;
  }
}
