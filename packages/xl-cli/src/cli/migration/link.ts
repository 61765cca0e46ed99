import { type LinkWish, MAX_STREAMS, type MigrateToTargetEvent } from '@xen-migration/libxl';
import type { OptionSpecs, OptionValues } from '../command.js';
import { durationText } from '../format/size.js';
import { rate, wholeNumber } from '../values.js';

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

const MAX_RECONNECT_S = 100;

/** What the options ask for, as migrateToTarget() is told. @throws ExitError for values that are none */
export function linkWish({ bandwidth, compress, streams, reconnect }: LinkOptionValues): {
  bytesPerSecond?: number;
  link?: LinkWish;
} {
  const link: LinkWish = {
    compress,
    ...(streams === undefined ? {} : { streams: wholeNumber('streams', streams, 1, MAX_STREAMS) }),
    ...(reconnect === undefined ? {} : { patienceMs: 1000 * wholeNumber('reconnect', reconnect, 0, MAX_RECONNECT_S) }),
  };
  return {
    ...(bandwidth === undefined ? {} : { bytesPerSecond: rate('bandwidth', bandwidth) }),
    // A link can be had of our own receivers only: nobody is asked for one without need.
    ...(compress || streams !== undefined || reconnect !== undefined ? { link } : {}),
  };
}

/** What a person wants to know of a link; undefined where there is nothing to say. */
export function linkText(event: MigrateToTargetEvent): string | undefined {
  switch (event.kind) {
    case 'link-broken':
      return event.forMs === 0
        ? undefined
        : `The link to the target broke (${event.reason}); trying for ${durationText(event.forMs)} to take it up again.`;
    case 'link-up':
      return event.again ? 'The link to the target works again.' : undefined;
    default:
      return undefined;
  }
}

/** What is said where a target can't do what was asked for. */
export function withoutText(what: 'link' | 'compression'): string {
  return what === 'link'
    ? "xl: the target's xl knows one plain connection only: going on without what needs more\n"
    : "xl: the target's xl knows no zstd: going on without compression\n";
}
